import { dirname, isAbsolute, relative, resolve } from 'node:path';

import { chartKey } from '../definition/definition.ts';
import type { Definition } from '../definition/definition.ts';
import { writeDefinition as definitionText } from '../definition/write-definition.ts';
import type { DefinitionContent } from '../definition/write-definition.ts';
import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { runLimited } from '../io/run-limited.ts';
import type { Platform } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { ImageSignatureRule } from '../trust/image-signature-keys.ts';
import type { Warning } from '../warning.ts';
import { readBundleFiles, refuseClashingNames } from './bundle-files.ts';
import type { FileToBundle } from './bundle-files.ts';
import { defaultBundleName } from './bundle-name.ts';
import { bundledChart } from './bundled-charts.ts';
import { outputTarget } from './check-output.ts';
import { checkPinnedSignatures } from './check-pinned-signatures.ts';
import type { PinnedSignatureSources } from './check-pinned-signatures.ts';
import type { ExistingBundles } from './existing-bundles.ts';
import { failureLines, reportFailure, toImageFailure } from './image-failure.ts';
import type { ImageFailure } from './image-failure.ts';
import type { ImageToPin } from './image-to-pin.ts';
import { definitionChanges } from './definition-changes.ts';
import { definitionFiles } from './load-definition.ts';
import type { LoadedDefinition } from './load-definition.ts';
import { rootOf } from './root-of.ts';
import type { ScopedRequests } from './scope-images.ts';
import { pinDefinedCharts } from './pin-defined-charts.ts';
import type { BundledChartSource, ChartPinner } from './pin-defined-charts.ts';
import { definedChartExclusion } from './scope-charts.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';

/** What is written. */
export interface WriteDefinitionInput {
  readonly path: string;
  /** What is there already; its digests stay, unless `isUpdate`. */
  readonly existing: LoadedDefinition | undefined;
  /** What the sources ask for. */
  readonly requests: ScopedRequests & { readonly charts: readonly RequestedChart[] };
  /** As `PREFIX=PREFIX` and patterns: those of flags and of the file that is there. */
  readonly map: readonly string[];
  readonly exclude: readonly string[];
  readonly platforms: readonly Platform[] | undefined;
  readonly allowMissingPlatform: boolean;
  readonly files?: readonly FileToBundle[];
  /** Keys that images have to be signed with; undefined asks nothing of them. */
  readonly imageKeys?: readonly ImageSignatureRule[] | undefined;
  /** Whether digests that are there are brought to what tags stand for now. */
  readonly isUpdate: boolean;
}

/** Who is asked for digests, and until when. */
export interface WriteDefinitionResources {
  /** Undefined when nobody is to be asked. */
  readonly registry: RegistryClient | undefined;
  /** Fetches charts; undefined when nobody is to be asked. */
  readonly pinChart: ChartPinner | undefined;
  readonly bundles: ExistingBundles;
  /** Where manifests and signatures are kept. */
  readonly openStore: PinnedSignatureSources['openStore'];
  readonly hasher: Hasher;
  readonly signal: AbortSignal;
}

/** What was written. */
export interface WrittenDefinition {
  readonly path: string;
  /** False when the file says all that already. */
  readonly isChanged: boolean;
  readonly images: number;
  readonly charts: number;
  readonly files: number;
  /** References, and titles of charts, that were not there before. */
  readonly added: readonly string[];
  /** Those that nothing asks for any more. */
  readonly removed: readonly string[];
  /** Those with another digest than before; of a chart with the version that it had, if that is another one. */
  readonly moved: readonly string[];
  /** Those without a digest: they are what their tag or version stands for when the bundle is built. */
  readonly unpinned: readonly string[];
  readonly warnings: readonly Warning[];
}

/** The level of a build that is not told otherwise. */
const defaultCompressionLevel = 3;
const imagesAtOnce = 32;
const nothing: Definition = {
  options: { map: [], exclude: [] },
  profiles: [],
  images: [],
  charts: [],
  files: [],
};

/**
 * Writes a definition, or brings one up to what its sources ask for now. Digests that are there stay; those that are not are
 * asked of registries. What somebody added by hand, comments included, stays.
 *
 * @throws PaletteEdgeError `IMAGES_NOT_PINNED` when registries do not know an image, and why the file cannot be written
 */
export async function writeDefinition(
  input: WriteDefinitionInput,
  resources: WriteDefinitionResources,
): Promise<WrittenDefinition> {
  const { path, existing } = input;
  const warnings: Warning[] = [];
  const content = await contentOf(input, resources, warnings);
  const text = definitionText(content, existing?.source);
  const isChanged = text !== existing?.source.text;
  if (isChanged) await write(path, text);
  return {
    path,
    isChanged,
    images: content.images.length,
    charts: content.charts.length,
    files: content.files.length,
    ...definitionChanges(existing?.definition ?? nothing, content),
    warnings: [...resources.bundles.warnings, ...warnings],
  };
}

async function contentOf(
  input: WriteDefinitionInput,
  resources: WriteDefinitionResources,
  warnings: Warning[],
): Promise<DefinitionContent> {
  const { existing, requests, platforms, allowMissingPlatform, map, exclude } = input;
  const { options } = existing?.definition ?? nothing;
  const own = new Set(ownImages(existing).map(({ name }) => name));
  const parts = { ...resources, warnings };
  const pinned = await pinAll(input, parts);
  if (input.imageKeys !== undefined) {
    const failures = await checkPinnedSignatures(pinned, input.imageKeys, resources);
    if (failures.length > 0) throw notPinned(failures, pinned.length, 'images');
  }
  return {
    options: {
      name: options.name ?? defaultBundleName(requests.profiles),
      platforms: platforms ?? options.platforms,
      allowMissingPlatform: allowMissingPlatform ? true : options.allowMissingPlatform,
      compressionLevel: options.compressionLevel ?? defaultCompressionLevel,
      map,
      exclude,
    },
    profiles: requests.profiles,
    images: pinned.map(({ reference, name, origins, pin }) => ({
      reference,
      name,
      digest: pin,
      origins: own.has(name) ? undefined : origins,
    })),
    charts: await pinCharts(input, parts),
    files: await filesOf(input, resources),
  };
}

function ownImages(existing: LoadedDefinition | undefined): ImageToPin[] {
  return (existing?.definition ?? nothing).images
    .filter(({ origins }) => origins === undefined)
    .map(({ reference, name }) => ({ reference, name, origins: [] }));
}

interface PinParts extends WriteDefinitionResources {
  /** Added to. */
  readonly warnings: Warning[];
}

/** Every image, those that somebody added included, with its digest as far as it is known. */
async function pinAll(
  { existing, requests, isUpdate }: WriteDefinitionInput,
  { registry, bundles, warnings, signal }: PinParts,
): Promise<ImageToPin[]> {
  const images = [
    ...new Map([...ownImages(existing), ...requests.images].map((image) => [image.name, image])).values(),
  ];
  const before = new Map((existing?.definition ?? nothing).images.map(({ name, digest }) => [name, digest]));
  const failures: ImageFailure[] = [];
  const pin = async (image: ImageToPin, innerSignal: AbortSignal): Promise<Digest | undefined> => {
    const known = image.reference.digest ?? (isUpdate ? undefined : before.get(image.name));
    if (known !== undefined) return known;
    if (registry === undefined) return bundles.named(image.name)?.digest ?? before.get(image.name);
    const sources = {
      registry,
      bundles,
      signal: innerSignal,
      onWarning: (warning: Warning) => warnings.push(warning),
    };
    return (await rootOf(image, sources)).digest;
  };
  const pinned = await runLimited(
    images,
    { concurrency: imagesAtOnce, signal },
    async (image, innerSignal) => {
      try {
        const digest = await pin(image, innerSignal);
        return digest === undefined ? image : { ...image, pin: digest };
      } catch (error) {
        failures.push(toImageFailure(image, error));
        return image;
      }
    },
  );
  if (failures.length > 0) throw notPinned(failures, images.length, 'images');
  return pinned.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

async function pinCharts(
  { existing, requests, exclude, isUpdate }: WriteDefinitionInput,
  { pinChart, bundles, warnings, signal }: PinParts,
): Promise<DefinitionContent['charts']> {
  const before = (existing?.definition ?? nothing).charts;
  const bundled: BundledChartSource = async (chart) => await bundledChart(chart, bundles, signal);
  const pinned = await pinDefinedCharts(requests.charts, { before, isUpdate, pinChart, bundled });
  // Charts that were looked into have told most of it already.
  const told = new Set(requests.warnings.map(({ message }) => message));
  warnings.push(...pinned.warnings.filter(({ message }) => !told.has(message)));
  if (pinned.failures.length > 0)
    throw notPinned(pinned.failures, pinned.charts.length + pinned.failures.length, 'charts');
  const isExcluded = definedChartExclusion(exclude);
  return pinned.charts
    .filter((chart) => !isExcluded(chart))
    .toSorted((left, right) => (chartKey(left) < chartKey(right) ? -1 : 1));
}

/** Files of the definition stay; a flag of the same name replaces one. */
async function filesOf(
  { path, existing, files = [], isUpdate }: WriteDefinitionInput,
  { hasher, signal }: WriteDefinitionResources,
): Promise<DefinitionContent['files']> {
  const listed = existing === undefined ? [] : definitionFiles(existing);
  const written = new Map((existing?.definition ?? nothing).files.map((file) => [file.name, file]));
  const byName = new Map([...listed, ...files].map((file) => [file.name, file]));
  refuseClashingNames([...byName.keys()]);
  const toHash = [...byName.values()].filter(({ digest }) => digest === undefined || isUpdate);
  const unpinned = toHash.map((file) => ({ path: file.path, name: file.name }));
  const hashed = await readBundleFiles(unpinned, { hasher, signal });
  const digests = new Map(hashed.files.map(({ name, digest }) => [name, digest]));
  const given = new Set(files.map(({ name }) => name));
  return [...byName.values()]
    .map((file) => ({
      path:
        (given.has(file.name) ? undefined : written.get(file.name)?.path) ??
        besideDefinition(file.path, path),
      name: file.name,
      digest: digests.get(file.name) ?? file.digest,
    }))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

/** From the folder of the definition, wherever it is read. */
function besideDefinition(file: string, definition: string): string {
  return isAbsolute(file) ? file : relative(resolve(dirname(definition)), resolve(file));
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFileAtomically(await outputTarget(path), async (file) => await file.writeFile(text));
  } catch (error) {
    throw wordDiskError(error, `writing the definition ${path}`);
  }
}

function notPinned(failures: readonly ImageFailure[], total: number, what: string): PaletteEdgeError {
  const reports = failures.toSorted((left, right) => (left.name < right.name ? -1 : 1)).map(reportFailure);
  const title = `${failures.length} of ${total} ${what} could not be pinned; no definition was written`;
  const suggestions = new Set(failures.flatMap(({ error }) => error.suggestions));
  // What is not what it has to be does not become better without a digest.
  const isBad = failures.some(({ error }) => error.kind === 'content');
  return new PaletteEdgeError('IMAGES_NOT_PINNED', [title, ...failureLines(reports)].join('\n'), {
    kind: failures[0]?.error.kind ?? 'failure',
    suggestions: [...suggestions, ...(isBad ? [] : ['To write it without digests: --offline'])],
    details: { failures: reports },
  });
}
