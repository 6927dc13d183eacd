import { expect, test } from 'vitest';

import { endlessBody, htmlPage, resizedBody, wrongBytes } from '../support/fault-bodies.ts';
import { onManifests } from '../support/fault-rules.ts';
import { always, first } from '../support/fault-schedule.ts';
import { failWith, withHeader, withoutHeader } from '../support/fault-statuses.ts';
import { expectFailure, bundleProblems, tryBuild } from '../support/fault-trial.ts';

const everyManifest = { path: /\/manifests\//, when: always };
const byTag = { path: /\/manifests\/1\.0$/, when: always };
const otherDigest = `sha256:${'0'.repeat(64)}`;

test('without Docker-Content-Digest the body is hashed', async () => {
  const trial = await tryBuild([{ ...everyManifest, fault: withoutHeader('docker-content-digest') }]);
  expect(await bundleProblems(trial)).toEqual([]);
});

test('a HEAD that names a digest that the registry does not have is told as such', async () => {
  const trial = await tryBuild([{ ...byTag, fault: withHeader('docker-content-digest', otherDigest) }]);
  const { exit, codes, failed } = await expectFailure(trial);
  expect({ exit, codes }).toEqual({ exit: 4, codes: ['IMAGE_NOT_FOUND'] });
  expect(failed).toHaveLength(3);
});

test('a Docker-Content-Digest that is not that of the body is refused, with both', async () => {
  const trial = await tryBuild([
    { method: 'HEAD', path: /./, when: always, fault: failWith(405) },
    { ...byTag, fault: withHeader('docker-content-digest', otherDigest) },
  ]);
  const { exit, codes, message } = await expectFailure(trial);
  expect({ exit, codes }).toEqual({ exit: 5, codes: ['DIGEST_MISMATCH'] });
  expect(message).toContain(otherDigest);
});

test('a Docker-Content-Digest that is no digest is passed over', async () => {
  const trial = await tryBuild([{ ...byTag, fault: withHeader('docker-content-digest', 'md5:1') }]);
  expect(await bundleProblems(trial)).toEqual([]);
});

test('a Docker-Content-Digest of another manifest, on GET by digest, does not matter: the bytes do', async () => {
  const trial = await tryBuild([
    {
      path: /\/manifests\/sha256:/,
      when: always,
      fault: withHeader('docker-content-digest', otherDigest),
    },
  ]);
  expect(await bundleProblems(trial)).toEqual([]);
});

test.each(['text/plain', 'application/octet-stream', 'application/json; charset=utf-8', ''])(
  'a Content-Type of “%s” does not hide what a manifest is',
  async (type) => {
    expect(
      await bundleProblems(await tryBuild([{ ...everyManifest, fault: withHeader('content-type', type) }])),
    ).toEqual([]);
  },
);

test('a manifest cut short once, with the right length of what is left, is asked for again', async () => {
  expect(await bundleProblems(await tryBuild([onManifests(first(1), resizedBody(-20))]))).toEqual([]);
});

test('manifests cut short always are refused, with both digests', async () => {
  const trial = await tryBuild([onManifests(always, resizedBody(-20))]);
  const { exit, codes, message } = await expectFailure(trial);
  expect({ exit, codes }).toEqual({ exit: 5, codes: ['DIGEST_MISMATCH'] });
  expect(message).toMatch(/expected sha256:[0-9a-f]{64}, received sha256:[0-9a-f]{64}/);
});

test('a manifest with one wrong bit, once, is asked for again', async () => {
  expect(await bundleProblems(await tryBuild([onManifests(first(1), wrongBytes)]))).toEqual([]);
});

test('a page of HTML instead of every manifest is refused, and not stored', async () => {
  const trial = await tryBuild([{ ...everyManifest, fault: htmlPage }]);
  const { exit, failed } = await expectFailure(trial);
  expect(exit).toBe(5);
  expect(failed).toHaveLength(3);
});

test('a manifest without end is given up after 4 MiB', async () => {
  const trial = await tryBuild([onManifests(always, endlessBody)]);
  const { exit, codes } = await expectFailure(trial);
  expect({ exit, codes }).toEqual({ exit: 5, codes: ['RESPONSE_TOO_LARGE'] });
});
