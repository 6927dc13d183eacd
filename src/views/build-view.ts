import { isChart } from '../bundle/inventory.ts';
import { formatByteSize } from '../io/byte-size.ts';
import { isCompanion } from '../oci/origin.ts';
import type { BuildResult } from '../workflows/build-bundle.ts';
import { failureLines } from '../workflows/image-failure.ts';
import { chartsField } from './charts-field.ts';
import { companionsField } from './companions-field.ts';
import { contentCounts } from './content-counts.ts';
import { encryptedFields } from './encrypt-view.ts';
import { durationText } from '../io/duration-text.ts';
import { imageSignatureFields } from './image-signature-fields.ts';
import { partsField } from './parts-field.ts';
import { planView } from './plan-view.ts';
import { squeezedFields } from './squeeze-report-fields.ts';
import { textFields } from './text-fields.ts';
import { warningView } from './warning-view.ts';

/** What a build did; after a dry run, the plan. */
export function buildView(result: BuildResult): string {
  const { bundle, plan, images, statistics } = result;
  if (bundle === undefined) {
    const signed = imageSignatureFields(result.imageSignatures);
    const fields = signed.length === 0 ? [] : [textFields(signed)];
    return [planView(result.plan), ...fields, ...failureBlock(result), ...spaceBlock(result)].join('\n');
  }
  const companions = images.filter(isCompanion).length;
  const charts = images.filter((image) => isChart(image) && !isCompanion(image)).length;
  const { bytesPulled, bytesReused, retries, seconds } = statistics;
  const pulled = [
    `${formatByteSize(bytesPulled)}, ${formatByteSize(bytesReused)} were in the store`,
    ...(retries > 0 ? [`${retries} ${retries === 1 ? 'retry' : 'retries'}`] : []),
    `in ${durationText(seconds)}`,
  ];
  const fields = textFields([
    ['id', bundle.id],
    ['size', `${formatByteSize(bundle.size)} (${bundle.size} bytes)`],
    ...partsField(bundle.parts?.files),
    ...listField(bundle),
    ['sha256', bundle.sha256],
    ...encryptedFields(bundle),
    ...(result.signedWith === undefined ? [] : [['signed with', result.signedWith] as const]),
    ...definitionField(result),
    ['images', String(images.length - companions - charts)],
    ...chartsField(charts),
    ...companionsField(plan.companions === undefined ? undefined : companions),
    ...imageSignatureFields(result.imageSignatures),
    ['pulled', pulled.join(', ')],
    ...sharedField(statistics),
    ...(bundle.squeezed === undefined ? [] : squeezedFields(bundle.size, bundle.squeezed)),
  ]);
  return [wroteLine(bundle), fields, ...failureBlock(result)].join('\n');
}

function wroteLine({ path, parts }: NonNullable<BuildResult['bundle']>): string {
  return `Wrote ${path}${parts === undefined ? '' : ' in parts'}`;
}

function listField({ parts }: NonNullable<BuildResult['bundle']>): [string, string][] {
  return parts === undefined ? [] : [['parts list', parts.list]];
}

function definitionField({ clusterDefinition }: BuildResult): [string, string][] {
  return clusterDefinition === undefined ? [] : [['cluster definition', clusterDefinition.path]];
}

function sharedField({
  bytesFromSharedStores: taken,
  bytesIntoSharedStores: put,
}: BuildResult['statistics']): [string, string][] {
  if (taken === undefined || put === undefined) return [];
  return [['shared stores', `${formatByteSize(taken)} taken, ${formatByteSize(put)} put in`]];
}

/** Told as a warning while a build goes on; here there is nobody else to say it. */
function spaceBlock({ warnings }: BuildResult): string[] {
  return warnings.filter(({ code }) => code === 'NOT_ENOUGH_SPACE').map(warningView);
}

function failureBlock({ failures, bundle }: BuildResult): string[] {
  if (failures.length === 0) return [];
  const title = bundle === undefined ? 'failed' : 'failed and not in the bundle';
  const charts = failures.filter((failure) => failure.isChart === true).length;
  return [`${contentCounts(failures.length - charts, charts)} ${title}:`, ...failureLines(failures)];
}
