import { formatByteSize } from '../io/byte-size.ts';
import type { SqueezeResult } from '../workflows/squeeze-bundle.ts';
import type { UnsqueezeResult } from '../workflows/unsqueeze-bundle.ts';
import { partsField } from './parts-field.ts';
import { percentText, squeezeReportFields } from './squeeze-report-fields.ts';
import { textFields } from './text-fields.ts';

/** What squeezing gave. */
export function squeezeView({ plain, bundle, effort, report }: SqueezeResult): string {
  const share = percentText(bundle.size, plain.size);
  const size = `${formatByteSize(bundle.size)} (${bundle.size} bytes)`;
  const fields = textFields([
    ['id', bundle.id],
    ['size', `${size}, ${share} of ${formatByteSize(plain.size)}`],
    ...writtenFields(bundle),
    ['effort', effort],
    ...squeezeReportFields(report),
  ]);
  return `Wrote ${bundle.path}${inParts(bundle)}\n${fields}`;
}

/** What unsqueezing gave. */
export function unsqueezeView({ squeezed, bundle, resumedBytes }: UnsqueezeResult): string {
  const resumed: [string, string][] =
    resumedBytes === 0 ? [] : [['went on', `behind ${formatByteSize(resumedBytes)} that were there`]];
  const fields = textFields([
    ['id', bundle.id],
    ['size', `${formatByteSize(bundle.size)} (${bundle.size} bytes), was ${formatByteSize(squeezed.size)}`],
    ...resumed,
    ...writtenFields(bundle),
  ]);
  return `Wrote ${bundle.path}${inParts(bundle)}\n${fields}`;
}

function writtenFields({ sha256, parts }: SqueezeResult['bundle']): [string, string][] {
  const list: [string, string][] = parts === undefined ? [] : [['parts list', parts.list]];
  return [...partsField(parts?.files), ...list, ['sha256', sha256]];
}

function inParts({ parts }: SqueezeResult['bundle']): string {
  return parts === undefined ? '' : ' in parts';
}
