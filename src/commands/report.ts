import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { optionalPrivateKey } from '../cli/private-key-flag.ts';
import type { Progress } from '../cli/progress.ts';
import { reportFlags, reportRequest, sourceDateEpoch } from '../cli/report-flags.ts';
import type { ReportRequest } from '../cli/report-flags.ts';
import { bundleTrust, oneBundleTrustFlags } from '../cli/trust-flags.ts';
import { wireBases } from '../cli/wire-bases.ts';
import { reportView } from '../views/report-view.ts';
import { warningView } from '../views/warning-view.ts';
import type { OpenRequest } from '../workflows/open-request.ts';
import { reportProvenance } from '../workflows/report-provenance.ts';
import type { ProvenanceResult } from '../workflows/report-provenance.ts';
import { reportHtml } from '../workflows/report-html.ts';
import type { HtmlResult } from '../workflows/report-html.ts';
import { reportSbom } from '../workflows/report-sbom.ts';
import type { SbomResult } from '../workflows/report-sbom.ts';
import type { ReportListener } from '../workflows/scan-layers.ts';

/** What `palette-edge report` wrote. */
export type ReportResult = SbomResult | ProvenanceResult | HtmlResult;

/** `palette-edge report` */
export default class Report extends BaseCommand {
  static override summary =
    'Writes what is in a bundle: a page for people, a bill of materials for auditors, or its provenance.';
  static override description = `As FILE.html it is one page that opens in any browser, without a network: where the bytes are, images with their origins and layers, the largest files, packages, signatures. With --diff it shows an update.

With --sbom every image is listed with its platforms, layers and packages: of Debian, Alpine and RPM distributions, Go programs, npm and Python. Layers are read in the bundle, each once; nothing is unpacked to disk. What cannot be read is a warning.

With --provenance it is told from which images, charts and files, by digest, which version of the tool built the bundle; with --private-key that is signed.

The same bundle gives the same report. The moment that it tells is that of the newest image, or SOURCE_DATE_EPOCH.`;
  static override examples = [
    {
      description: 'A page that shows the bundle:',
      command: '<%= config.bin %> <%= command.id %> edge.tar.zst --output edge.html',
    },
    {
      description: 'What the bundle of this month changes at a site that has the last one:',
      command:
        '<%= config.bin %> <%= command.id %> --diff october.tar.zst november.tar.zst --output november.html',
    },
    {
      description: 'The bill of materials for a scanner:',
      command: '<%= config.bin %> <%= command.id %> edge.tar.zst --sbom cyclonedx --output edge.cdx.json',
    },
    {
      description: 'That of nginx alone, in SPDX:',
      command:
        "<%= config.bin %> <%= command.id %> edge.tar.zst --sbom spdx --image '**/nginx:*' --output nginx.spdx.json",
    },
    {
      description: 'What the bundle was built from, signed:',
      command:
        '<%= config.bin %> <%= command.id %> edge.tar.zst --provenance --private-key edge.key --output edge.intoto.json',
    },
  ];

  static override args = {
    bundle: Args.string({
      description: 'A bundle, its parts list or any part, or an ISO image.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = { ...reportFlags, ...oneBundleTrustFlags };

  async run(): Promise<ReportResult> {
    const { args, flags, metadata } = await this.parse(Report);
    const request = reportRequest(
      { ...flags, json: this.jsonEnabled() },
      (name) => metadata.flags[name]?.setFromDefault !== true,
    );
    const trust = await bundleTrust(flags);
    using progress = this.progress();
    // What a delta bundle lacks, may be in what it is compared with.
    const compared = request.kind === 'html' && request.before !== undefined ? [request.before] : [];
    const given = { ...flags, base: [...flags.base, ...compared] };
    await using wiring = await wireBases(given, { config: this.config, progress });
    const result = await this.#write(args.bundle, { ...request, bases: wiring.bases, trust }, progress);
    progress.close();
    if (result.kind !== 'provenance') for (const warning of result.warnings) this.tell(warningView(warning));
    // The report has standard output, when it goes there.
    if (result.output === undefined) this.tellNews(reportView(result));
    else this.show(reportView(result));
    return result;
  }

  async #write(
    path: string,
    request: ReportRequest & OpenRequest,
    progress: Progress,
  ): Promise<ReportResult> {
    const options = { listener: listenerOf(request.kind, progress), signal: this.signal };
    if (request.kind === 'provenance') {
      const key = await optionalPrivateKey(request.key, this.signal);
      return await reportProvenance(path, { ...request, key }, options);
    }
    const tool = { name: this.config.bin, version: this.config.version };
    const moment = sourceDateEpoch();
    if (request.kind === 'html') return await reportHtml(path, { ...request, tool, moment }, options);
    return await reportSbom(path, { ...request, tool, moment }, options);
  }
}

function listenerOf(kind: ReportRequest['kind'], progress: Progress): ReportListener {
  const phase = kind === 'provenance' ? 'Hashing' : 'Reading';
  return {
    onStart: (total) => progress.startPhase(phase, total),
    onBytes: (count) => progress.advance(count),
  };
}
