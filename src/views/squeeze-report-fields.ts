import { formatByteSize } from '../io/byte-size.ts';
import type { DeltaReport } from '../workflows/delta-report.ts';
import type { LayerCount, SqueezeReport } from '../workflows/squeeze-report.ts';
import { countOf } from './count-of.ts';

/** Why layers stayed as they were, for people. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['zstd', 'zstd, not gzip'],
  ['not-gzip', 'no gzip in spite of their media type'],
  ['damaged', 'damaged gzip'],
  ['unknown-encoder', 'written by something unknown'],
  ['large-recipe', 'the recipe would be too large'],
  ['large-plain', 'far larger without gzip'],
  ['no-memory', 'too much memory would be needed'],
  ['no-tar', 'not a tar, but something of the bundle itself'],
  ['wrong-diff-id', 'not what the image says that they are without gzip'],
]);

/** What squeezing did to layers, as fields. */
export function squeezeReportFields({ squeezed, encoders, kept, delta }: SqueezeReport): [string, string][] {
  return [
    ...(delta === undefined ? [] : deltaFields(delta)),
    ['squeezed', countText(squeezed)],
    ...encoders.map(({ encoder, ...count }): [string, string] => [
      '  written by',
      `${encoder}: ${countText(count)}`,
    ]),
    ...kept.map(({ reason, ...count }): [string, string] => [
      'kept as they were',
      `${reasons.get(reason) ?? reason}: ${countText(count)}`,
    ]),
  ];
}

/** The same of a bundle of so many bytes, with what that is of its content. */
export function squeezedFields(size: number, report: SqueezeReport): [string, string][] {
  const { contentSize } = report;
  const share = `${percentText(size, contentSize)} of ${formatByteSize(contentSize)} as registries have it`;
  return [['squeezed to', share], ...squeezeReportFields(report)];
}

/** What a size is of another one: `62.3 %`. */
export function percentText(part: number, whole: number): string {
  return whole === 0 ? '' : `${((part / whole) * 100).toFixed(1)} %`;
}

function deltaFields({ bases, taken, changed, blobs }: DeltaReport): [string, string][] {
  const changes = `${countText(changed)}, as ${formatByteSize(changed.changes)} of changes`;
  return [
    ...bases.map(({ name, id }): [string, string] => ['made against', `${name}, id ${id}`]),
    ['taken from there', `${taken.blobs} of ${countOf(blobs, 'blob')}, ${formatByteSize(taken.bytes)}`],
    ...(changed.layers === 0 ? [] : [['changed from there', changes] satisfies [string, string]]),
  ];
}

function countText({ layers, bytes }: LayerCount): string {
  return `${countOf(layers, 'layer')}, ${formatByteSize(bytes)}`;
}
