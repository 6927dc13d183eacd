import { formatByteSize } from '../io/byte-size.ts';
import { formatOrigin } from '../oci/origin.ts';
import type { BuildResult } from '../workflows/build-bundle.ts';
import { countOf } from './count-of.ts';
import { durationText } from './duration-text.ts';
import { planView } from './plan-view.ts';
import { textFields } from './text-fields.ts';

/** What a build did; after a dry run, the plan. */
export function buildView(result: BuildResult): string {
  const { bundle, images, statistics } = result;
  if (bundle === undefined) return [planView(result.plan), ...failureBlock(result)].join('\n');
  const { bytesPulled, bytesReused, retries, seconds } = statistics;
  const pulled = [
    `${formatByteSize(bytesPulled)}, ${formatByteSize(bytesReused)} were in the store`,
    ...(retries > 0 ? [`${retries} ${retries === 1 ? 'retry' : 'retries'}`] : []),
    `in ${durationText(seconds)}`,
  ];
  const fields = textFields([
    ['id', bundle.id],
    ['size', `${formatByteSize(bundle.size)} (${bundle.size} bytes)`],
    ['sha256', bundle.sha256],
    ['images', String(images.length)],
    ['pulled', pulled.join(', ')],
  ]);
  return [`Wrote ${bundle.path}`, fields, ...failureBlock(result)].join('\n');
}

function failureBlock({ failures, bundle }: BuildResult): string[] {
  if (failures.length === 0) return [];
  const title = bundle === undefined ? 'failed' : 'failed and not in the bundle';
  const lines = failures.map(
    ({ reference, message, origins }) =>
      `  ${reference}\n    ${message}\n    asked for by ${origins.map(formatOrigin).join('; ')}`,
  );
  return [`${countOf(failures.length, 'image')} ${title}:`, ...lines];
}
