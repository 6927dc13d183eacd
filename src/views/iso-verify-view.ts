import { formatByteSize } from '../io/byte-size.ts';
import { driveAgain } from '../io/drive-again.ts';
import { printable } from '../io/printable.ts';
import type { VerifiedIsoBundle, VerifyIsoResult } from '../workflows/verify-iso.ts';
import { countOf } from './count-of.ts';
import { signedByText } from './signed-by-text.ts';

/** Of a name in an image, which is anybody's: a line break in it would pass for a line of ours. */
const longestName = 1000;

/** What verifying an image found: one line when all is well, else every file and bundle that is not. */
export function isoVerifyView(result: VerifyIsoResult): string {
  const { path, label, files, bytes, bundles, problems } = result;
  const content = `${oneLine(label)}, ${countOf(files, 'file')}, ${formatByteSize(bytes)}`;
  const damaged = bundles.filter((bundle) => bundle.problems.length > 0);
  const whole = bundles.filter((bundle) => bundle.problems.length === 0);
  const wholeLines = whole.flatMap(({ path: place, name, id, signedBy = [] }) => [
    `  ${oneLine(place)} is whole: ${name} ${id}`,
    ...signedBy.map((each) => `    ${signedByText(each)}`),
  ]);
  if (problems.length === 0 && damaged.length === 0)
    return [`${path} is whole: ${content}`, ...wholeLines].join('\n');
  return [
    `${path} is damaged (${content})`,
    ...problems.map(({ path: place, message }) => `  ${oneLine(place)}: ${message}`),
    ...damaged.flatMap(bundleLines),
    ...wholeLines,
    driveAgain(path) ?? 'Copy the ISO image again from where it was made, or make it again.',
  ].join('\n');
}

function bundleLines({ path, name, id, problems }: VerifiedIsoBundle): string[] {
  const place = oneLine(path);
  const title = name === undefined ? place : `${place}, ${name} ${id}`;
  const lines = problems.flatMap((problem) => [
    `    ${problem.role === undefined ? oneLine(problem.path) : `${problem.role} ${problem.digest}`}: ${oneLine(problem.message)}`,
    ...problem.images.map((image) => `      needed by ${image}`),
  ]);
  return [`  ${title}: ${countOf(problems.length, 'problem')}`, ...lines];
}

function oneLine(text: string): string {
  return printable(text, longestName);
}
