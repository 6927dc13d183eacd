import { htmlReport } from '../report/html-report.ts';
import type { PageData } from '../report/html-page-data.ts';
import type { Warning } from '../warning.ts';
import type { BundleSide } from './diff-side.ts';
import { extractStream, requireFreeFile } from './extract-output.ts';
import type { StreamOutput } from './extract-output.ts';
import { gatherReport } from './gather-report.ts';
import type { GatherRequest } from './gather-report.ts';
import { signaturesOf } from './inspect-bundle.ts';
import type { OpenRequest } from './open-request.ts';
import type { OpenedWithBases } from './open-with-bases.ts';
import { readOldBundle } from './read-old-bundle.ts';
import { pageData } from './report-html-data.ts';
import { readPageSource } from './report-html-source.ts';
import type { ReportListener } from './scan-layers.ts';
import { withBundle } from './with-bundle.ts';

/** What is asked for. */
export interface HtmlRequest extends Omit<GatherRequest, 'skipsLayers'>, OpenRequest {
  /** Whether layers are read, for packages and the largest files. */
  readonly hasFiles: boolean;
  /** What the bundle is compared with: a bundle in any form, or the inventory of one. */
  readonly before: string | undefined;
  readonly output: StreamOutput;
}

/** What a page shows. */
export interface HtmlResult {
  readonly kind: 'html';
  /** As the user gave it. */
  readonly bundle: string;
  readonly id: string;
  /** The file; absent when it went to standard output. */
  readonly output?: string;
  /** Of the page, in bytes. */
  readonly size: number;
  /** Names of images. */
  readonly images: number;
  /** Layers, each once. */
  readonly layers: number;
  /** Packages, each once; absent when layers were not read. */
  readonly packages?: number;
  /** Of a report that compares. */
  readonly update?: {
    readonly before: string;
    /** Of the bundle that is compared with. */
    readonly id: string;
    /** Bytes that it lacks. */
    readonly toShip: number;
  };
  readonly warnings: readonly Warning[];
}

/**
 * Writes a page that shows a bundle to people: of a file, parts, an ISO image, squeezed or not; of a delta bundle with its bases.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage), and as `gatherReport` and opening the bundles do
 */
export async function reportHtml(
  path: string,
  request: HtmlRequest,
  { listener, signal }: { readonly listener: ReportListener; readonly signal: AbortSignal },
): Promise<HtmlResult> {
  const { output, before } = request;
  if ('path' in output) await requireFreeFile(output.path);
  const old = before === undefined ? undefined : await readBefore(before, request);
  return await withBundle(
    path,
    async (_, opened) => {
      const bundle = await readBundle({ path, opened, old }, request, { listener, signal });
      const data = pageData(bundle);
      const bytes = htmlReport(data);
      await extractStream(output, oneByOne(bytes));
      return {
        bundle: path,
        ...resultOf(data, before),
        ...('path' in output && { output: output.path }),
        size: bytes.reduce((sum, { length }) => sum + length, 0),
        warnings: bundle.warnings,
      };
    },
    request,
  );
}

/** Files of signatures that were named are of the bundle, not of what it is compared with. */
async function readBefore(path: string, { trust }: OpenRequest): Promise<BundleSide> {
  const own = trust === undefined ? undefined : { ...trust, signatureFiles: [] };
  return (await readOldBundle({ path, trust: own })).side;
}

async function readBundle(
  {
    path,
    opened,
    old,
  }: { readonly path: string; readonly opened: OpenedWithBases; readonly old: BundleSide | undefined },
  request: HtmlRequest,
  options: { readonly listener: ReportListener; readonly signal: AbortSignal },
): Promise<Parameters<typeof pageData>[0]> {
  const { patterns, hasFiles, trust } = request;
  const { reader, parts, files, signedBy } = opened;
  const gathered = await gatherReport(opened, { ...request, skipsLayers: !hasFiles }, options);
  const source = await readPageSource(reader, { patterns, old: old?.inventory }, options.signal);
  const { signature } = reader;
  const signed = await signaturesOf({ path, signature, files, signedBy }, { trust });
  return {
    reader,
    parts: parts?.parts.length,
    source,
    gathered,
    hasFiles,
    signatures: signed.signatures ?? [],
    warnings: [...gathered.warnings, ...(signed.warnings ?? [])],
    old,
  };
}

function resultOf(
  { bundle, images, layers, packages, update }: PageData,
  before: string | undefined,
): Omit<HtmlResult, 'bundle' | 'output' | 'size' | 'warnings'> {
  return {
    kind: 'html',
    id: bundle.id,
    images: images.length,
    layers: layers.length,
    ...(packages !== undefined && { packages: packages.total }),
    ...(update !== undefined &&
      before !== undefined && {
        update: { before, id: update.before.id, toShip: update.toShip.bytes },
      }),
  };
}

async function* oneByOne(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}
