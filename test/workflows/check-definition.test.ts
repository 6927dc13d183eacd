import { expect, test } from 'vitest';

import { readDefinition } from '../../src/definition/read-definition.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { checkDefinition } from '../../src/workflows/check-definition.ts';
import { unusedHost } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { pushImage } from '../support/push-image.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';

test('each image is told as what it is', async () => {
  const { host, origin } = await runningRegistry();
  const blobs = new MemoryBlobs();
  const [before, now] = [addImage(blobs, 'before'), addImage(blobs, 'now')];
  const push = async (repository: string, root: typeof now) =>
    await pushImage({ origin, repository }, blobs, { root, tag: '1' });
  await push('same', now);
  await push('moved', before);
  await push('moved', now);
  await push('replaced', now);
  const [silent, lost] = [await unusedHost(), digestOf('lost')];
  const entries: readonly [string, string | undefined][] = [
    [`${host}/same:1`, now.digest],
    [`${host}/same@${now.digest}`, undefined],
    [`${host}/moved:1`, before.digest],
    [`${host}/replaced:1`, lost],
    [`${host}/none:1`, lost],
    [`${host}/same@${lost}`, undefined],
    [`${silent}/a:1`, lost],
    [`${host}/same:2`, undefined],
  ];
  const lines = entries.map(
    ([reference, digest]) =>
      `  - {reference: "${reference}"${digest === undefined ? '' : `, digest: "${digest}"`}}`,
  );
  const source = { name: 'd.yaml', text: `definitionVersion: 1\nimages:\n${lines.join('\n')}\n` };
  const { client } = pullingClient();
  const check = await checkDefinition(
    { path: 'd.yaml', source, definition: readDefinition(source) },
    { registry: client, signal: new AbortController().signal },
  );
  expect(check).toMatchObject({ images: 8, unpinned: [`${host}/same:2`] });
  expect(check.moved).toEqual([
    { reference: `${host}/moved:1`, digest: before.digest, current: now.digest, isStillThere: true },
    { reference: `${host}/replaced:1`, digest: lost, current: now.digest, isStillThere: false },
  ]);
  expect(check.gone).toEqual([
    { reference: `${host}/none:1`, digest: lost, isStillThere: false },
    { reference: `${host}/same@${lost}`, digest: lost, isStillThere: false },
  ]);
  expect(check.unknown.map(({ reference }) => reference)).toEqual([`${silent}/a:1`]);
});
