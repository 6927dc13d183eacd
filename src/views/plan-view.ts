import { formatByteSize } from '../io/byte-size.ts';
import { durationText } from '../io/duration-text.ts';
import type { BuildPlan } from '../workflows/plan-build.ts';
import { chartsField } from './charts-field.ts';
import { companionsField } from './companions-field.ts';
import { contentCounts } from './content-counts.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';

/** What a build is going to do. */
export function planView(plan: BuildPlan): string {
  const { bundle, images, blobs, bytes, bytesToPull, bytesInStore, expectedBundleSize, space } = plan;
  const registries = plan.registries.map((share): readonly [string, string] => [
    `  ${share.registry}${share.mirrors === undefined ? '' : ` via ${share.mirrors.join(', ')}`}`,
    `${contentOf(share)}, ${formatByteSize(share.bytesToPull)}${rateLimitText(share)}`,
  ]);
  const free = space.isShared
    ? `${formatByteSize(space.output.free)} for store and bundle, on one disk`
    : `${formatByteSize(space.store.free)} for the store, ${formatByteSize(space.output.free)} for the bundle`;
  const fields: (readonly [string, string])[] = [
    ['images', String(images)],
    ...chartsField(plan.charts),
    ...companionsField(plan.companions),
    ...leftOut(plan),
    ['blobs', `${blobs}, ${formatByteSize(bytes)}`],
    ...deltaFields(plan),
    ...filesField(plan),
    ['in the store', formatByteSize(bytesInStore)],
    ...bundlesField(plan),
    ...sharedField(plan),
    ['to pull', formatByteSize(bytesToPull)],
    ...registries,
    ['bundle', bundle.path],
    ...partSizeField(plan),
    ['bundle size', `at most ${formatByteSize(expectedBundleSize)}`],
    ...(plan.iso === undefined ? [] : [isoField(plan.iso)]),
    ['free space', free],
  ];
  return `Plan\n${textFields(fields)}`;
}

function contentOf({ images, charts }: BuildPlan['registries'][number]): string {
  if (charts === undefined) return countOf(images, 'image');
  return [...(images === 0 ? [] : [countOf(images, 'image')]), countOf(charts, 'chart')].join(', ');
}

function leftOut({ excluded = [] }: BuildPlan): [string, string][] {
  return excluded.map(({ by, images, charts }) => {
    const count = charts === undefined ? String(images) : contentCounts(images, charts);
    return ['left out', `${count} by ${by}`];
  });
}

function filesField({ files }: BuildPlan): [string, string][] {
  return files === undefined ? [] : [['files', `${files.count}, ${formatByteSize(files.bytes)}`]];
}

function deltaFields({ delta, blobs }: BuildPlan): [string, string][] {
  if (delta === undefined) return [];
  const there = `${delta.blobs} of ${delta.blobs + blobs} blobs are there, ${formatByteSize(delta.bytes)}`;
  return [
    ...delta.bases.map(({ name, id }): [string, string] => ['made against', `${name}, id ${id}`]),
    ['in bases', there],
  ];
}

function bundlesField({ bytesInBundles }: BuildPlan): [string, string][] {
  return bytesInBundles === undefined ? [] : [['in bundles', formatByteSize(bytesInBundles)]];
}

function sharedField({ bytesInSharedStores }: BuildPlan): [string, string][] {
  return bytesInSharedStores === undefined ? [] : [['in shared stores', formatByteSize(bytesInSharedStores)]];
}

function rateLimitText({ rateLimit }: BuildPlan['registries'][number]): string {
  if (rateLimit === undefined) return '';
  const { remaining, limit, windowSeconds } = rateLimit;
  return `, ${remaining} of ${limit} pulls left in ${durationText(windowSeconds)}`;
}

function isoField({ path, expectedSize }: NonNullable<BuildPlan['iso']>): [string, string] {
  return ['ISO image', `${path}, at most ${formatByteSize(expectedSize)}`];
}

function partSizeField({ partSize, expectedBundleSize }: BuildPlan): [string, string][] {
  if (partSize === undefined) return [];
  const most = Math.ceil(expectedBundleSize / partSize);
  return [['parts', `${most === 1 ? '1' : `at most ${most}`} of ${formatByteSize(partSize)}`]];
}
