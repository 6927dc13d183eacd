import { expect, test } from 'vitest';

import { ProgressLines } from '../../src/cli/progress-lines.ts';
import { pushListener } from '../../src/cli/push-listener.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { PlannedPush } from '../../src/workflows/plan-push.ts';

const image: PlannedPush = {
  reference: 'ghcr.io/x:1',
  pushedAs: 'r.site/x:1',
  digest: digestOf('x'),
  isPresent: false,
  isCompanion: false,
};

/** What is told of a plan of these images. */
function toldOf(images: readonly PlannedPush[], hidesPlan: boolean): string[] {
  const lines: string[] = [];
  const progress = new ProgressLines(
    (line) => lines.push(line),
    () => 0,
  );
  const plan = { images, blobs: [], bytesToSend: 0, bytesPresent: 0 };
  pushListener(progress, hidesPlan)({ kind: 'planned', plan });
  return lines;
}

test('a plan is told, but for a dry run, and where all images failed', () => {
  expect(toldOf([image], false)).toEqual(['1 image, 1 to push: 0 B to send, 0 B are there']);
  expect(toldOf([image], true)).toEqual([]);
  expect(toldOf([], false)).toEqual([]);
});
