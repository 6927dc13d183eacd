import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { hashHere } from '../../src/io/hash-thread.ts';
import { S3Bucket } from '../../src/object-store/s3-bucket.ts';
import { readS3Settings } from '../../src/object-store/s3-settings.ts';
import { fetchPublished } from '../../src/workflows/fetch-published.ts';
import { s3Source } from '../../src/workflows/fetch-from-s3.ts';
import { publishBundle } from '../../src/workflows/publish-bundle.ts';
import type { PublishResult } from '../../src/workflows/publish-bundle.ts';
import { s3Target } from '../../src/workflows/publish-to-s3.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { goProgram } from '../support/go-program.ts';
import { rejection } from '../support/rejection.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { s3Keys, startS3Server } from '../support/s3-server.ts';
import type { S3Server } from '../support/s3-server.ts';
import { splitBundle, splitName } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testHttpClient } from '../support/test-http-client.ts';

const run = promisify(execFile);
let s3: S3Server;
let registry: DockerRegistry;

beforeAll(async () => {
  [s3, registry] = await Promise.all([startS3Server(), startDockerRegistry()]);
});
afterAll(async () => await Promise.all([s3.stop(), registry.stop()]));

/** Runs the command line where both servers are. */
function reached(
  folder: string,
  flags: readonly string[],
): readonly [readonly string[], { cwd: string; env: Record<string, string> }] {
  const plain = ['--plain-http', s3.host, '--plain-http', registry.host];
  return [[...flags, ...plain], { cwd: folder, env: { ...s3.environment } }];
}

async function publish(folder: string, ...flags: readonly string[]): Promise<PublishResult> {
  return await runCliJson<PublishResult>(...reached(folder, ['publish', ...flags]));
}

/** A bundle's first bytes and others, with its checksum and a signature beside it. */
async function bundleIn(folder: string, size: number, name = 'core-1a2b3c4d.tar.zst'): Promise<string> {
  const bytes = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), randomBytes(size - 4)]);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), bytes);
  await writeFile(
    join(folder, `${name}.sha256`),
    `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`,
  );
  await writeFile(join(folder, `${name}.sig`), '{"signatures":[]}\n');
  return join(folder, name);
}

/** The digests of the files of a folder. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of (await readdir(folder)).toSorted())
    found[name] = createHash('sha256')
      .update(await readFile(join(folder, name)))
      .digest('hex');
  return found;
}

describe('the commands', () => {
  test('bring the same files, under the same manifest, through a bucket and a repository', async () => {
    const folder = await temporaryFolder();
    const path = await bundleIn(join(folder, 'built'), 200_000);
    const files = await filesOf(join(folder, 'built'));
    const places = [`s3://${s3.bucket}/same/edge`, `oci://${registry.host}/same/edge`];
    const digests = new Set<string>();
    for (const [index, place] of places.entries()) {
      const first = await publish(folder, path, place);
      expect(first).toMatchObject({ wasPublished: false, bytesKept: 0 });
      expect(first.files.map(({ name }) => name)).toEqual(Object.keys(files));
      expect(await publish(folder, path, place)).toMatchObject({ wasPublished: true, bytesSent: 0 });
      digests.add(first.digest);
      const listed = await runCli(...reached(folder, ['fetch', place, '--list']));
      expect(listed.stdout).toContain(first.url);
      const into = join(folder, `fetched-${index}`);
      const fetched = await runCli(...reached(folder, ['fetch', first.url, '--output', into]));
      expect(fetched.code).toBe(0);
      expect(await filesOf(into)).toEqual(files);
    }
    expect(digests.size).toBe(1);
  });

  test('publish what oras pulls, and what lies in the bucket as it is', async () => {
    const folder = await temporaryFolder();
    const path = await bundleIn(join(folder, 'built'), 100_000);
    const files = await filesOf(join(folder, 'built'));
    const { url, digest } = await publish(folder, path, `oci://${registry.host}/oras/edge:1.0`);
    expect(url).toBe(`oci://${registry.host}/oras/edge:1.0`);
    const pulled = join(folder, 'pulled');
    const reference = `${registry.host}/oras/edge:1.0`;
    const { stdout } = await run(goProgram('oras'), ['pull', '--plain-http', reference, '--output', pulled], {
      env: { PATH: process.env['PATH'], HOME: folder },
    });
    expect(stdout).toContain(digest);
    expect(await filesOf(pulled)).toEqual(files);

    await publish(folder, path, `s3://${s3.bucket}/plain`);
    const { 'core-1a2b3c4d.tar.zst.manifest.json': manifest, ...objects } = await filesOf(
      join(s3.folder, 'plain'),
    );
    expect(objects).toEqual(files);
    expect(`sha256:${manifest}`).toBe(digest);
  });

  test('publish all parts and their list, and fetch them by the name of the bundle', async () => {
    const folder = await temporaryFolder();
    const built = join(folder, 'built');
    const { parts } = await splitBundle(built);
    const files = await filesOf(built);
    const place = `s3://${s3.bucket}/parts`;
    const { url, bundle } = await publish(folder, join(built, parts.at(-1)?.name ?? ''), place);
    expect([url, bundle]).toEqual([`${place}/${splitName}`, splitName]);
    const fetched = await runCli(...reached(folder, ['fetch', place, '--output', join(folder, 'out')]));
    expect(fetched.code).toBe(0);
    expect(await filesOf(join(folder, 'out'))).toEqual(files);
    const verified = await runCli(['verify', join(folder, 'out', `${splitName}.parts.json`)], {
      cwd: folder,
    });
    expect(verified.code).toBe(0);
  });

  test.each(['bucket', 'repository'])('replace what has the name in a %s only when told', async (kind) => {
    const folder = await temporaryFolder();
    const place = kind === 'bucket' ? `s3://${s3.bucket}/replaced` : `oci://${registry.host}/replaced/edge:1`;
    const newer = join(folder, 'newer');
    await publish(folder, await bundleIn(join(folder, 'older'), 10_000), place);
    const path = await bundleIn(newer, 10_000);
    const refused = await runCli(...reached(folder, ['publish', path, place]));
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('PUBLISHED_ALREADY');
    expect(await publish(folder, path, place, '--replace')).toMatchObject({ wasPublished: false });
    const out = join(folder, 'out');
    expect((await runCli(...reached(folder, ['fetch', place, '--output', out]))).code).toBe(0);
    expect(await filesOf(out)).toEqual(await filesOf(newer));
  });

  test('tell no key, whatever is wrong', async () => {
    const folder = await temporaryFolder();
    const path = await bundleIn(folder, 1000);
    const secret = 'a-secret-that-is-wrong';
    const [args, options] = reached(folder, ['publish', path, `s3://${s3.bucket}/x`]);
    const env = { ...options.env, AWS_SECRET_ACCESS_KEY: secret };
    const { code, stderr } = await runCli(args, { ...options, env });
    expect([code, stderr.includes('S3_KEYS_REFUSED')]).toEqual([3, true]);
    for (const word of [secret, s3Keys.accessKeyId]) expect(stderr).not.toContain(word);
    const none = await runCli(args, { cwd: folder });
    expect(none).toMatchObject({ code: 3 });
    expect(none.stderr).toContain('S3_CREDENTIALS_MISSING');
  });

  test('say where nothing is published', async () => {
    const folder = await temporaryFolder();
    for (const place of [`s3://${s3.bucket}/nothing`, `oci://${registry.host}/nothing/here:1`]) {
      const { code, stderr } = await runCli(...reached(folder, ['fetch', place]));
      expect([code, stderr.includes('PUBLICATION_NOT_FOUND')]).toEqual([4, true]);
    }
  });
});

describe('a large file', () => {
  const piece = 16 * 1024 * 1024;
  const { signal } = new AbortController();

  async function openBelow(): Promise<(prefix: string) => S3Bucket> {
    const http = testHttpClient({ plainHttpHosts: new Set([s3.host]) });
    const settings = await readS3Settings({ environment: s3.environment, homeFolder: '/nonexistent' });
    return (prefix) => new S3Bucket({ bucket: s3.bucket, prefix }, { http, settings });
  }

  test('goes into a bucket in parts, and comes back; each way goes on where it was stopped', async () => {
    const folder = await temporaryFolder();
    const path = await bundleIn(join(folder, 'built'), 2 * piece + 1000);
    const open = await openBelow();
    const name = 'large/core-1a2b3c4d.tar.zst';

    const send = async (stopAfter: number) => {
      const stop = new AbortController();
      let sent = -1;
      const listener = {
        onReading: () => undefined,
        onSending: () => (sent = 0),
        onBytes: (count: number) => {
          if (sent >= 0) sent += count;
          if (sent > stopAfter) stop.abort(new Error('stopped'));
        },
      };
      const openTarget = (bundle: string) => s3Target({ bucket: open('large'), bundle, concurrency: 1 });
      const resources = { openTarget, hasher: hashHere, concurrency: 1, listener };
      return await publishBundle({ path, replaces: false }, resources, stop.signal);
    };
    await expect(send(piece + 100_000)).rejects.toThrow('stopped');
    expect(await open('large').head('core-1a2b3c4d.tar.zst', signal)).toBeUndefined();
    const source = await s3Source(name, open, signal);
    const tooEarly = fetchPublished({ folder, replaces: false }, { source, ...quiet }, signal);
    expect(await rejection(tooEarly)).toMatchObject({ code: 'PUBLICATION_NOT_FOUND' });

    const result = await send(Infinity);
    expect(result.bytesKept).toBe(piece);
    expect(result.files[0]?.size).toBe(2 * piece + 1000);

    const out = join(folder, 'out');
    const fetchUntil = async (stopAfter: number) => {
      const stop = new AbortController();
      let received = 0;
      const onBytes = (count: number): void => {
        received += count;
        if (received > stopAfter) stop.abort(new Error('stopped'));
      };
      const resources = { ...quiet, source: await s3Source(name, open, signal) };
      const listener = { ...quiet.listener, onBytes };
      return await fetchPublished({ folder: out, replaces: false }, { ...resources, listener }, stop.signal);
    };
    await expect(fetchUntil(piece)).rejects.toThrow('stopped');
    expect((await readdir(out)).filter((each) => !each.endsWith('.partial'))).toEqual([]);
    const fetched = await fetchUntil(Infinity);
    expect(fetched.bytesKept).toBeGreaterThan(piece);
    expect(fetched.bytesKept + fetched.bytesReceived).toBe(
      fetched.files.reduce((sum, { size }) => sum + size, 0),
    );
    expect(await filesOf(out)).toEqual(await filesOf(join(folder, 'built')));
  });
});

const quiet = {
  hasher: hashHere,
  concurrency: 1,
  listener: { onLooking: () => undefined, onFetching: () => undefined, onBytes: () => undefined },
};
