import { Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { baseRequest, deltaBaseFlag } from '../cli/base-flags.ts';
import { buildListener } from '../cli/build-listener.ts';
import { buildDefinitionFlags, definableInput, namedDefinition } from '../cli/definition-flags.ts';
import { discoveryFlags, discoverySources } from '../cli/discovery-flags.ts';
import {
  encryptedOutputPath,
  encryptFlags,
  encryptionRequest,
  requirePlainForImage,
} from '../cli/encrypt-flags.ts';
import { imageKeyFlags, imageSignatureRules } from '../cli/image-key-flags.ts';
import { imageSourceFlags } from '../cli/image-source-flags.ts';
import { buildIsoFlags, isoRequest } from '../cli/iso-flags.ts';
import { clusterDefinitionFlags, clusterDefinitionRequest, paletteFlags } from '../cli/palette-flags.ts';
import { platformFlags } from '../cli/platform-flags.ts';
import { optionalPrivateKey, privateKeyFlag } from '../cli/private-key-flag.ts';
import { registryFlags } from '../cli/registry-flags.ts';
import { contentFlags, scopeFlags } from '../cli/scope-flags.ts';
import { splitFlags, splitRequest } from '../cli/split-flags.ts';
import { squeezeFlag, withEffort } from '../cli/squeeze-flags.ts';
import { storeFlags } from '../cli/store-flags.ts';
import { wireBuild } from '../cli/wire-build.ts';
import { wireIso } from '../cli/wire-iso.ts';
import { typedKeyWarnings } from '../cli/wire-palette.ts';
import { buildView } from '../views/build-view.ts';
import { isoCreatedView } from '../views/iso-created-view.ts';
import { warningView } from '../views/warning-view.ts';
import { buildIso } from '../workflows/build-iso.ts';
import type { BuildIsoResult } from '../workflows/build-iso.ts';

/** `palette-edge build` */
export default class Build extends BaseCommand {
  static override summary = 'Builds a content bundle: pulls every image and packs them into one .tar.zst.';
  static override description = `Resolves profiles, image lists and manifests to images, pins each to its digest, prints the plan, pulls what the store does not have yet, and writes the bundle and its .sha256 file.

An interrupted build goes on where it stopped: run the same command again. The same input gives the same bytes.`;
  static override examples = [
    {
      description: 'Bundle everything that two profiles name, for amd64 only:',
      command: '<%= config.bin %> <%= command.id %> --profile infra.json --profile addons.yaml --arch amd64',
    },
    {
      description: 'See what would be pulled, and how much:',
      command: '<%= config.bin %> <%= command.id %> --profile infra.json --dry-run',
    },
    {
      description: 'Bundle some images from a registry on loopback:',
      command:
        '<%= config.bin %> <%= command.id %> --image localhost:5000/app:1.0 --plain-http localhost:5000 --output app.tar.zst',
    },
  ];

  static override flags = {
    ...imageSourceFlags,
    ...discoveryFlags,
    ...paletteFlags,
    ...clusterDefinitionFlags,
    ...buildDefinitionFlags,
    ...scopeFlags,
    ...contentFlags,
    ...platformFlags,
    ...registryFlags,
    'include-referrers': Flags.boolean({
      helpGroup: 'INPUT',
      summary:
        'Carry signatures, attestations, SBOMs and other referrers of the images along: the tags of cosign, and OCI referrers.',
      default: false,
    }),
    ...imageKeyFlags,
    ...storeFlags,
    outfile: Flags.string({
      helpGroup: 'OUTPUT',
      helpValue: 'NAME',
      summary: 'Name of the bundle, in content-ID/core-NAME-ID.tar.zst.',
      defaultHelp: async () => await Promise.resolve('the name of the profile'),
    }),
    output: Flags.file({
      helpGroup: 'OUTPUT',
      helpValue: 'FILE',
      char: 'o',
      summary: 'Exact path of the bundle.',
      defaultHelp: async () =>
        await Promise.resolve(
          'content-ID/core-NAME-ID.tar.zst; squeezed-ID/core-NAME-ID.squeezed.tar.zst with --squeeze',
        ),
    }),
    'compression-level': Flags.integer({
      helpGroup: 'OUTPUT',
      helpValue: 'N',
      summary: 'zstd level, from 1 (fast) to 19 (small).',
      min: 1,
      max: 19,
      defaultHelp: async () => await Promise.resolve('3'),
    }),
    base: deltaBaseFlag,
    squeeze: squeezeFlag,
    ...splitFlags,
    ...encryptFlags,
    ...buildIsoFlags,
    'private-key': privateKeyFlag,
    'dry-run': Flags.boolean({ helpGroup: 'OUTPUT', summary: 'Stop after the plan.', default: false }),
    'skip-missing': Flags.boolean({
      helpGroup: 'OUTPUT',
      summary: 'Write the bundle without images that fail, and exit with 8.',
      default: false,
    }),
  };

  protected override readonly resumeAdvice = 'Run the same command again: what was pulled so far is kept.';

  async run(): Promise<BuildIsoResult> {
    const { flags } = await this.parse(Build, withEffort(this.argv));
    for (const warning of typedKeyWarnings(this.argv)) this.tell(warningView(warning));
    const definable = definableInput(flags, { definition: await namedDefinition(flags.definition) });
    const encryption = await encryptionRequest(flags, this.signal);
    requirePlainForImage(encryption, flags.iso);
    const input = {
      ...definable,
      sources: { ...definable.sources, ...discoverySources(flags) },
      clusterDefinition: clusterDefinitionRequest(flags),
      includeReferrers: flags['include-referrers'],
      imageKeys: await imageSignatureRules(flags['verify-image-key']),
      skipMissing: flags['skip-missing'],
      isDryRun: flags['dry-run'],
      squeeze: flags.squeeze,
      bases: baseRequest(flags),
      output: encryptedOutputPath(flags.output, encryption),
      encryption,
      split: splitRequest(flags),
      image: flags.iso ? isoRequest(flags) : undefined,
      privateKey: await optionalPrivateKey(flags['private-key'], this.signal),
    };
    using progress = this.progress();
    await using wiring = await wireBuild(flags, this.config, buildListener(progress, input.isDryRun));
    await using isoWiring = wireIso(progress);
    const resources = { build: wiring.resources, iso: isoWiring.resources };
    const result = await buildIso(input, resources, this.signal);
    progress.close();
    this.show(buildView(result));
    for (const warning of result.iso?.warnings ?? []) this.tell(warningView(warning));
    if (result.iso !== undefined) this.show(isoCreatedView(result.iso));
    if (result.failures.length > 0) this.endWith('incomplete');
    if (result.warnings.some(({ code }) => code === 'NOT_ENOUGH_SPACE')) this.endWith('disk');
    return result;
  }
}
