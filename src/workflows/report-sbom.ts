import { cyclonedxDocument } from '../report/cyclonedx-document.ts';
import type { PackageType } from '../report/package.ts';
import { distinctPlatforms } from '../report/report-content.ts';
import type { ReportContent } from '../report/report-content.ts';
import { spdxDocument } from '../report/spdx-document.ts';
import type { Warning } from '../warning.ts';
import { extractStream, requireFreeFile } from './extract-output.ts';
import type { StreamOutput } from './extract-output.ts';
import { gatherReport } from './gather-report.ts';
import type { GatherRequest } from './gather-report.ts';
import type { OpenRequest } from './open-request.ts';
import type { ReportListener } from './scan-layers.ts';
import { withBundle } from './with-bundle.ts';

/** Formats of bills of materials. */
export const sbomFormats = ['spdx', 'cyclonedx'] as const;
export type SbomFormat = (typeof sbomFormats)[number];

/** What is asked for. */
export interface SbomRequest extends GatherRequest, OpenRequest {
  readonly format: SbomFormat;
  readonly output: StreamOutput;
}

/** What a bill of materials lists. */
export interface SbomResult {
  readonly kind: 'sbom';
  readonly format: SbomFormat;
  /** As the user gave it. */
  readonly bundle: string;
  readonly id: string;
  /** The file; absent when it went to standard output. */
  readonly output?: string;
  /** Names of images. */
  readonly images: number;
  /** Images of platforms, each once. */
  readonly platforms: number;
  /** Layers, each once. */
  readonly layers: number;
  readonly packages: Readonly<Partial<Record<PackageType, number>>>;
  readonly warnings: readonly Warning[];
}

const documents = { spdx: spdxDocument, cyclonedx: cyclonedxDocument } as const;

/**
 * Writes the bill of materials of a bundle: of a file, parts, an ISO image, squeezed or not; of a delta bundle with its bases.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage), and as {@link gatherReport} and opening the bundle do
 */
export async function reportSbom(
  path: string,
  request: SbomRequest,
  { listener, signal }: { readonly listener: ReportListener; readonly signal: AbortSignal },
): Promise<SbomResult> {
  const { format, output } = request;
  if ('path' in output) await requireFreeFile(output.path);
  return await withBundle(
    path,
    async (_, opened) => {
      const { content, layers, warnings } = await gatherReport(opened, request, { listener, signal });
      await extractStream(output, pieces(documents[format](content), signal));
      return {
        kind: 'sbom',
        format,
        bundle: path,
        id: content.id,
        ...('path' in output && { output: output.path }),
        images: content.images.length,
        platforms: distinctPlatforms(content).length,
        layers,
        packages: countPackages(content),
        warnings,
      };
    },
    request,
  );
}

function countPackages(content: ReportContent): SbomResult['packages'] {
  const counts: Partial<Record<PackageType, number>> = {};
  for (const { content: found } of distinctPlatforms(content))
    for (const { type } of found.packages) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

async function* pieces(
  document: Iterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of document) {
    signal.throwIfAborted();
    yield await Promise.resolve(piece);
  }
}
