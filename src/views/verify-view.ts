import { formatByteSize } from '../io/byte-size.ts';
import { driveAgain } from '../io/drive-again.ts';
import type { VerifyResult } from '../workflows/verify-bundle.ts';
import { countOf } from './count-of.ts';
import { signedByText } from './signed-by-text.ts';

/** What verifying found: one line when all is well, else everything that is wrong and whom it concerns. */
export function verifyView(result: VerifyResult): string {
  const { path, id, name, images, charts = 0, companions, blobs, bytes, parts, problems } = result;
  const counts = [
    countOf(images, 'image'),
    ...(charts > 0 ? [countOf(charts, 'chart')] : []),
    ...(companions > 0 ? [countOf(companions, 'companion')] : []),
    countOf(blobs, 'blob'),
    formatByteSize(bytes),
    ...(parts === undefined ? [] : [countOf(parts.names.length, 'part')]),
  ];
  const content = counts.join(', ');
  const signed = (result.signedBy ?? []).map(signedByText);
  if (problems.length === 0) return [`${path} is whole: ${name} ${id}, ${content}`, ...signed].join('\n');
  const lines = problems.flatMap((problem) => {
    const what = problem.role === undefined ? problem.path : `${problem.role} ${problem.digest}`;
    const concerned = [...problem.images, ...(problem.files ?? []).map((file) => `the file ${file}`)].map(
      (who) => `    needed by ${who}`,
    );
    return [`  ${what}: ${problem.message}`, ...concerned];
  });
  const title = `${path} is damaged: ${countOf(problems.length, 'problem')} in ${name} ${id} (${content})`;
  return [title, ...lines, advice(result)].join('\n');
}

function advice({ path, parts }: VerifyResult): string {
  const { damaged = [] } = parts ?? {};
  const what = damaged.length === 0 ? 'the bundle' : damaged.join(', ');
  return driveAgain(path) ?? `Copy ${what} again from where it was made, or build it again.`;
}
