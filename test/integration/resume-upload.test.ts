import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import type { PublishResult } from '../../src/workflows/publish-bundle.ts';
import type { PushResult } from '../../src/workflows/push-result.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { imageToBundle, noise, sampleContent, writeSample } from '../support/sample-bundle.ts';
import { addImage, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { bundleFile } from '../support/serving-bundles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startUploadProxy } from '../support/upload-proxy.ts';

const mebibyte = 1024 * 1024;
const size = 70 * mebibyte;
const content = Buffer.alloc(size, noise(mebibyte, 1));

async function dockerRegistry() {
  const registry = await startDockerRegistry();
  onTestFinished(async () => await registry.stop());
  return registry;
}

/** How a run ends at its third chunk: before any of it was sent, or in the middle. */
interface End {
  readonly signal: 'SIGKILL' | 'SIGINT';
  readonly when: 'before' | 'within';
}

/** A proxy before a registry that ends the run whose third chunk comes. */
async function endingProxy(registryHost: string, { signal, when }: End) {
  let child: ChildProcess | undefined;
  let chunks = 0;
  let complete = 0;
  const isThird = ({ method, headers }: IncomingMessage): boolean => {
    if (method !== 'PATCH') return false;
    chunks += 1;
    if (chunks === 3) complete = Number.parseInt(headers['content-range'] ?? '', 10);
    return chunks === 3;
  };
  const proxy = await startUploadProxy(registryHost, {
    holds: (request) => {
      if (!isThird(request)) return false;
      if (when === 'before') child?.kill(signal);
      else
        request.once('data', () => {
          child?.kill(signal);
        });
      return when === 'before';
    },
  });
  const onStart = (started: ChildProcess): void => {
    child = started;
  };
  return {
    ...proxy,
    onStart,
    /** Bytes of the chunks before the third. */
    complete: () => complete,
  };
}

async function largeBundle(folder: string): Promise<string> {
  const path = join(folder, 'core-1a2b3c4d.tar.zst');
  const bytes = Buffer.from(content);
  bytes.set([0x28, 0xb5, 0x2f, 0xfd]);
  await writeFile(path, bytes);
  return path;
}

async function sha256Of(url: string): Promise<string> {
  const answer = await fetch(url);
  return createHash('sha256')
    .update(new Uint8Array(await answer.arrayBuffer()))
    .digest('hex');
}

describe.each([
  ['docker-registry', dockerRegistry, { signal: 'SIGKILL', when: 'before' }, true],
  // It does not say where it is once a chunk broke off: docs/publish.md.
  ['docker-registry', dockerRegistry, { signal: 'SIGKILL', when: 'within' }, false],
  ['our own', runningRegistry, { signal: 'SIGKILL', when: 'within' }, true],
] as const)('publish to %s', (...[, start, end, goesOn]) => {
  test(`${end.signal} ${end.when} a chunk: ${goesOn ? 'goes on' : 'begins anew, without a word'}`, async () => {
    const { host } = await start();
    const proxy = await endingProxy(host, end);
    const cwd = await temporaryFolder();
    const args = [
      'publish',
      await largeBundle(cwd),
      `oci://${proxy.host}/edge/core`,
      '--plain-http',
      proxy.host,
    ];
    const { code } = await runCli(args, { cwd, onStart: proxy.onStart });
    expect(code).toBeUndefined();
    const before = proxy.counts.bytes;
    const complete = proxy.complete();
    expect(complete).toBeGreaterThanOrEqual(32 * mebibyte);
    expect(before).toBeLessThan(size);

    const { stderr, stdout } = await runCli([...args, '--json'], { cwd });
    expect(stderr).not.toMatch(/lost|again|anew/);
    const result: PublishResult = JSON.parse(stdout);
    const kept = goesOn ? complete : 0;
    expect(result).toMatchObject({ bytesKept: kept, bytesSent: size - kept });
    // The manifest and its config are all that comes on top.
    expect(proxy.counts.bytes - before - (size - kept)).toBeLessThan(2000);
    const [digest = ''] = result.files.map((file) => file.digest);
    expect(`sha256:${await sha256Of(`http://${host}/v2/edge/core/blobs/${digest}`)}`).toBe(digest);
    expect(await readdir(join(cwd, 'cache/palette-edge/uploads'))).toEqual([]);
  });
});

test('push goes on with a layer in which Ctrl-C stopped it', async () => {
  const blobs = new MemoryBlobs();
  const root = addImage(blobs, content);
  const images = [imageToBundle('ghcr.io/org/app:1', await graphOf(blobs, root))];
  const { bytes } = await writeSample({ ...(await sampleContent(new MemoryBlobs())), images }, blobs, {
    frameContent: mebibyte,
  });
  const { host } = await runningRegistry();
  const proxy = await endingProxy(host, { signal: 'SIGINT', when: 'within' });
  const cwd = await temporaryFolder();
  const args = ['push', await bundleFile(bytes), proxy.host, '--plain-http', proxy.host];
  const { code } = await runCli(args, { cwd, onStart: proxy.onStart });
  expect(code).toBe(130);
  const before = proxy.counts.bytes;
  const complete = proxy.complete();
  expect(complete).toBeGreaterThanOrEqual(32 * mebibyte);

  const { statistics, failures } = await runCliJson<PushResult>(args, { cwd });
  expect(failures).toEqual([]);
  expect(statistics.bytesSent).toBeLessThan(size - complete + mebibyte);
  expect(proxy.counts.bytes - before - statistics.bytesSent).toBeLessThan(5000);
  const answer = await fetch(`http://${host}/v2/org/app/manifests/1`, { method: 'HEAD' });
  expect(answer.headers.get('docker-content-digest')).toBe(root.digest);
});
