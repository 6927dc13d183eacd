import { PaletteEdgeError } from '../errors.ts';
import { checkIsoLabel } from '../iso/iso-label.ts';
import { checkXorriso } from '../iso/xorriso.ts';
import type { WrittenBundleFile } from './begin-writing.ts';
import { buildBundle } from './build-bundle.ts';
import type { BuildResult } from './build-bundle.ts';
import type { BuildInput, BuildResources } from './build-input.ts';
import { checkIsoOutput } from './check-output.ts';
import { createIso, defaultIsoPath } from './create-iso.ts';
import type { CreatedIso, IsoResources } from './create-iso.ts';
import { isoContent } from './iso-content.ts';
import type { IsoRequest } from './iso-content.ts';

/** What a build did that was to make an image, too. */
export interface BuildIsoResult extends BuildResult {
  /** Undefined when none was asked for, and after a dry run. */
  readonly iso?: CreatedIso;
}

/** What a build with an image needs. */
export interface BuildIsoResources {
  readonly build: BuildResources;
  readonly iso: IsoResources;
}

/**
 * Builds a bundle, then an image of it, beside it: the bundle is needed for later builds, and for hosts that are reached otherwise.
 *
 * @param image undefined for a bundle alone
 * @throws PaletteEdgeError as {@link buildBundle} and {@link createIso} do; what can be known about the image is told before anything is pulled
 */
export async function buildIso(
  input: BuildInput,
  resources: BuildIsoResources,
  signal: AbortSignal,
): Promise<BuildIsoResult> {
  const { image } = input;
  if (image === undefined) return await buildBundle(input, resources.build, signal);
  await checkBefore(image, input, { xorriso: resources.iso.xorriso, signal });
  // The name that was given is that of the image: the bundle has the usual ending.
  const named = {
    ...input,
    outfile: input.outfile?.replace(/\.iso$/, ''),
    output: input.output?.replace(/\.iso$/, '.tar.zst'),
  };
  const built = await buildBundle(named, resources.build, signal);
  const { bundle, clusterDefinition } = built;
  if (bundle === undefined) return built;
  const request = { ...image, clusterDefinition: image.clusterDefinition ?? clusterDefinition?.path };
  try {
    // It is in parts already when it was to be split.
    const iso = await createIso(
      { ...request, split: undefined, bundles: [fileOf(bundle)], bundleId: bundle.id },
      resources.iso,
      signal,
    );
    return { ...built, warnings: [...built.warnings, ...iso.warnings], iso };
  } catch (error) {
    throw withBundleKept(error, fileOf(bundle));
  }
}

/** The parts list says what was written; under the name that parts are joined to something else may lie. */
function fileOf({ path, parts }: WrittenBundleFile): string {
  return parts?.list ?? path;
}

async function checkBefore(
  image: IsoRequest,
  { output }: BuildInput,
  xorriso: Parameters<typeof checkXorriso>[0],
): Promise<void> {
  checkIsoLabel(image.label);
  await checkXorriso(xorriso);
  await isoContent([], image);
  if (output !== undefined) await checkIsoOutput(defaultIsoPath(output.replace(/\.iso$/, '')));
}

function withBundleKept(error: unknown, path: string): unknown {
  if (!(error instanceof PaletteEdgeError)) return error;
  const { code, message, kind, suggestions, details } = error;
  const advice = `The bundle is complete. To make an ISO image of it: palette-edge iso create ${path}`;
  return new PaletteEdgeError(code, message, {
    kind,
    cause: error,
    suggestions: [...suggestions, advice],
    details,
  });
}
