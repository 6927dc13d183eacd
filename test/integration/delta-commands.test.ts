import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import type { DiffResult } from '../../src/workflows/diff-bundles.ts';
import { deltaPair, pairImage, skopeoDigest } from '../support/delta-pair.ts';
import type { DeltaPair } from '../support/delta-pair.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let folder: string;
let pair: DeltaPair;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palette-edge-test-'));
  pair = await deltaPair(folder);
});
afterAll(async () => await rm(folder, { recursive: true }));

test('push, load, extract, verify and diff take a delta bundle with its base, and not without', async () => {
  const { old, delta, digest } = pair;
  const cwd = await temporaryFolder();
  const registry = await startDockerRegistry();
  onTestFinished(async () => await registry.stop());
  const { host } = registry;
  for (const args of [
    ['push', delta, `${host}/edge`, '--plain-http', host],
    ['load', delta, '--into', './images'],
    ['extract', delta, '--image', pairImage, '--output', 'image'],
  ]) {
    const alone = await runCli(args, { cwd });
    expect([args[0], alone.code]).toEqual([args[0], 4]);
    expect(alone.stderr).toContain('BASE_NEEDED');
    expect(await readdir(cwd)).not.toContain('image');
    const { code, stderr } = await runCli([...args, '--base', old], { cwd });
    expect([args[0], code], `with ${stderr}`).toEqual([args[0], 0]);
  }
  expect(await skopeoDigest(`docker://${host}/edge/org/image:0`, '--tls-verify=false')).toBe(digest);
  expect(await skopeoDigest(`oci:${join(cwd, 'image')}`)).toBe(digest);
  const [archive = ''] = await readdir(join(cwd, 'images'));
  expect(await skopeoDigest(`oci-archive:${join(cwd, 'images', archive)}:${pairImage}`)).toBe(digest);
  // Without its base, a delta bundle is verified as far as it goes.
  for (const bases of [[], ['--base', old]]) await runCliJson(['verify', delta, ...bases], { cwd });
  const compared = await runCliJson<DiffResult>(['diff', old, delta], { cwd });
  expect(compared.images.moved).toMatchObject([{ name: pairImage, after: digest }]);
}, 120_000);

test('serve gives the new image from the command line', async () => {
  const { old, delta, digest } = pair;
  const cwd = await temporaryFolder();
  const served = Promise.withResolvers<string>();
  const ended = await runCli(['serve', delta, '--base', old, '--listen', '127.0.0.1:0'], {
    cwd,
    onStart: (child) => {
      let shown = '';
      child.once('close', () => served.reject(new Error(`it ended: ${shown}`)));
      child.stdout?.on('data', (chunk: Buffer) => {
        shown += chunk.toString();
        const host = /http:\/\/(127\.0\.0\.1:\d+)/.exec(shown)?.[1];
        if (host === undefined) return;
        const place = `docker://${host}/${pairImage}`;
        served.resolve(skopeoDigest(place, '--tls-verify=false').finally(() => child.kill('SIGINT')));
      });
    },
  });
  expect(await served.promise).toBe(digest);
  expect(ended).toMatchObject({ code: 0 });
}, 60_000);
