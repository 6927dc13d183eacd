import { extractAll } from './extract-all.ts';
import type { ExtractedAll } from './extract-all.ts';
import { extractChart } from './extract-chart.ts';
import type { ExtractedChart } from './extract-chart.ts';
import { extractFile } from './extract-file.ts';
import type { ExtractedFile } from './extract-file.ts';
import { extractImage } from './extract-image.ts';
import type { ExtractedImage, ExtractOptions, ImageToExtract } from './extract-image.ts';
import type { StreamOutput } from './extract-output.ts';
import { withBundleSource } from './with-bundle-source.ts';
import type { BundleInput, BundleSource } from './with-bundle-source.ts';

/** What is extracted, and where to. */
export type ExtractRequest =
  | (ImageToExtract & { readonly kind: 'image'; readonly output: StreamOutput })
  | { readonly kind: 'file'; readonly name: string; readonly output: StreamOutput }
  | {
      readonly kind: 'chart';
      /** `NAME`, `NAME:VERSION`, or its reference. */
      readonly chart: string;
      readonly output: StreamOutput;
    }
  | {
      readonly kind: 'all';
      /** A folder that is not there, or is empty. */
      readonly folder: string;
    };

/** What was extracted. */
export interface ExtractResult {
  readonly bundle: { readonly path: string; readonly id: string; readonly name: string };
  /** Path of the file or folder; undefined for standard output. */
  readonly output: string | undefined;
  readonly extracted: ExtractedImage | ExtractedFile | ExtractedChart | ExtractedAll;
}

/**
 * Extracts from a bundle what was asked for. Nothing gets its name before it is verified, nothing that is there is replaced, and nothing
 * is written outside the output.
 *
 * @throws PaletteEdgeError as each way of extracting does, or for a bundle that cannot be opened
 */
export async function extractBundle(
  bundle: BundleInput,
  request: ExtractRequest,
  options: ExtractOptions,
): Promise<ExtractResult> {
  return await withBundleSource(bundle, async (source) => {
    // Of an image once it is known what it has; of the others little is read, and nothing is left of what could not be finished.
    if (request.kind === 'all') await source.require(options.signal);
    return {
      bundle: { path: source.path, id: source.id, name: source.inventory.name },
      output: outputOf(request),
      extracted: await extract(source, request, options),
    };
  });
}

async function extract(
  source: BundleSource,
  request: ExtractRequest,
  options: ExtractOptions,
): Promise<ExtractResult['extracted']> {
  switch (request.kind) {
    case 'image':
      return await extractImage(source, request, options);
    case 'file':
      return await extractFile(source, request, options);
    case 'chart':
      return await extractChart(source, request, options);
    case 'all':
      return await extractAll(source, request.folder, options);
    default:
      throw new TypeError('unknown kind of extraction');
  }
}

function outputOf(request: ExtractRequest): string | undefined {
  if (request.kind === 'all') return request.folder;
  return 'path' in request.output ? request.output.path : undefined;
}
