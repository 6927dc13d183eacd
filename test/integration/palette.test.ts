import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { GeneratedAgeKey } from '../../src/workflows/generate-age-key.ts';
import type { InspectResult } from '../../src/workflows/inspect-bundle.ts';
import type { ProfileList } from '../../src/workflows/list-profiles.ts';
import { addonUid, infraUid, samplePalette, sampleProject } from '../support/palette-server-data.ts';
import { failure, send } from '../support/palette-server.ts';
import type { Fault } from '../support/palette-server.ts';
import { both, content, everything, paletteSite } from '../support/palette-site.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';

const execute = promisify(execFile);

describe('a build from Palette', () => {
  test('has the images of profiles, agent and services, and the cluster definition', async () => {
    const { build, cli, folder, data, references, server } = await paletteSite();
    const result = await runCliJson<BuildResult>([...build, ...everything], cli);
    expect(result.images.map(({ reference }) => reference)).toEqual(references);
    expect(result.images.flatMap(({ origins }) => origins)).toContainEqual({
      kind: 'palette',
      service: 'stylus',
      version: '4.8.1',
    });
    const path = join(folder, result.bundle?.path ?? '');
    const inside = 'palette-edge/cluster-definition/store-17.tgz';
    const tar = requireTool('tar');
    const options = { encoding: 'buffer' } as const;
    const { stdout } = await execute(tar, ['--zstd', '-xOf', path, inside], options);
    expect(stdout.equals(data.definition)).toBe(true);
    const beside = join(dirname(path), 'cluster-definition-store-17.tgz');
    expect(await readFile(beside)).toEqual(data.definition);
    expect(result.clusterDefinition).toMatchObject({ name: 'store-17', size: data.definition.length });
    expect((await runCli(['verify', path], cli)).code).toBe(0);
    expect((await runCli(['inspect', path], cli)).stdout).toMatch(/cluster definition +store-17\.tgz, /);
    const inspected = await runCliJson<InspectResult>(['inspect', path], cli);
    expect(inspected.inventory.files.map((file) => file.path)).toContain(inside);
    expect(inspected.inventory.images).toEqual(result.images);
    expect(server.operations).toContain('v1SpectroClustersSpcDownload');
  });

  test('gives the same bundle again', async () => {
    const { build, cli } = await paletteSite();
    const first = await runCliJson<BuildResult>([...build, ...everything], cli);
    const again = [
      '--cluster-profile-ids',
      addonUid,
      '--cluster-profile-ids',
      infraUid,
      ...everything.slice(both.length),
    ];
    const second = await runCliJson<BuildResult>([...build, ...again], cli);
    expect(second.bundle).toEqual(first.bundle);
  });

  test('has the cluster definition inside only when it is encrypted', async () => {
    const { build, cli, folder, data } = await paletteSite();
    const { recipient } = await runCliJson<GeneratedAgeKey>(['keys', 'age', '--output', 'edge.key'], cli);
    const encrypted = ['--output', 'out/edge.tar.zst.age', '--encrypt-to', recipient];
    const result = await runCliJson<BuildResult>([...build, ...everything, ...encrypted], cli);
    expect(result.clusterDefinition).toBeUndefined();
    const written = ['edge.tar.zst.age', 'edge.tar.zst.age.sha256'];
    expect(await readdir(join(folder, 'out'))).toEqual(written);
    await runCli(['decrypt', 'out/edge.tar.zst.age', '--identity', 'edge.key'], cli);
    const inside = 'palette-edge/cluster-definition/store-17.tgz';
    const args = ['--zstd', '-xOf', join(folder, 'out/edge.tar.zst'), inside];
    const { stdout } = await execute(requireTool('tar'), args, { encoding: 'buffer' });
    expect(stdout.equals(data.definition)).toBe(true);
  });

  test('of the agent only', async () => {
    const { build, cli, registry } = await paletteSite();
    const result = await runCliJson<BuildResult>([...build, '--include-core-images-only'], cli);
    expect(result.images.map(({ reference }) => reference)).toEqual([`${registry.host}/edge/agent:1`]);
  });

  test('after a dry run nothing is there', async () => {
    const { build, cli, folder } = await paletteSite();
    expect((await runCli([...build, ...everything, '--dry-run'], cli)).code).toBe(0);
    expect((await readdir(folder)).filter((name) => name !== 'cache')).toEqual([]);
  });

  test('spares what is no cluster definition', async () => {
    const { build, cli, folder } = await paletteSite();
    await writeFile(join(folder, 'cluster-definition-store-17.tgz'), 'my notes');
    const { code, stderr } = await runCli([...build, ...everything, '--output', 'b.tar.zst'], cli);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'writing the cluster definition to cluster-definition-store-17.tgz failed: the file is there already and is no cluster definition',
    );
    expect(stderr).toContain('OUTPUT_TAKEN');
    expect(await readFile(join(folder, 'cluster-definition-store-17.tgz'), 'utf8')).toBe('my notes');
  });
});

describe('what goes wrong is told with advice', () => {
  test('a wrong project', async () => {
    const { reach, cli, server } = await paletteSite();
    const flags = ['--project-id', 'aaaaaaaaaaaaaaaaaaaaaaaa', '--cluster-profile-ids', infraUid];
    const there = [...reach.slice(0, 2), '--plain-http', server.host];
    const { code, stderr } = await runCli(['resolve', ...there, ...flags], cli);
    expect(code).toBe(3);
    expect(stderr).toContain('PALETTE_FORBIDDEN');
    expect(stderr).toContain('--project-id is aaaaaaaaaaaaaaaaaaaaaaaa');
  });

  test('a missing profile', async () => {
    const { resolve, cli } = await paletteSite();
    const uid = 'bbbbbbbbbbbbbbbbbbbbbbbb';
    const { code, stderr } = await runCli([...resolve, '--cluster-profile-ids', uid], cli);
    expect(code).toBe(4);
    expect(stderr).toContain(`cluster profile ${uid} was not found`);
    expect(stderr).toContain('palette-edge profiles');
  });

  test('a name in place of a uid', async () => {
    const { resolve, cli, server } = await paletteSite();
    const { code, stderr } = await runCli([...resolve, '--cluster-profile-ids', 'edge-infra'], cli);
    expect(code).toBe(2);
    expect(stderr).toContain('expected 24 hex digits');
    expect(server.requests).toEqual([]);
  });

  test('a masked variable', async () => {
    const { resolve, cli } = await paletteSite();
    const { code, stderr } = await runCli([...resolve, '--cluster-profile-ids', addonUid], cli);
    expect(code).toBe(2);
    expect(stderr).toContain('--var Tag=VALUE');
  });

  test('429 that passes', async () => {
    let calls = 0;
    const fault: Fault = (_operation, response) => {
      calls += 1;
      if (calls > 1) return false;
      response.setHeader('retry-after', '0');
      send(response, failure(429, 'TooManyRequests', 'slow down'));
      return true;
    };
    const { resolve, cli } = await paletteSite({ fault });
    const { code, stderr } = await runCli([...resolve, '--cluster-profile-ids', infraUid], cli);
    expect(code).toBe(0);
    expect(stderr).toContain('TooManyRequests: slow down');
    expect(stderr).toContain('trying again in');
  });

  test('plain HTTP that was not allowed', async () => {
    const { reach, cli, server } = await paletteSite();
    const flags = ['--palette-endpoint', server.origin, '--cluster-profile-ids', infraUid];
    const { code, stderr } = await runCli(['resolve', ...reach.slice(2), ...flags], cli);
    expect(code).toBe(6);
    expect(stderr).toContain(`--plain-http ${server.host}`);
    expect(server.requests).toEqual([]);
  });
});

test('resolve shows what Palette asks for', async () => {
  const { resolve, cli, references } = await paletteSite();
  const { stdout } = await runCli([...resolve, ...content, '--plain'], cli);
  expect(stdout.trim().split('\n')).toEqual(references);
});

test('profiles lists a project, page by page', async () => {
  const { reach, cli, server } = await paletteSite({ pageSize: 1 });
  const argv = ['profiles', ...reach, '--plain-http', server.host];
  expect((await runCli(argv, cli)).stdout)
    .toBe(`UID                       NAME           VERSION  TYPE    CLOUD
${addonUid}  sample-add-on  1.0.0    add-on  -
${infraUid}  sample-infra   1.0.0    infra   -
`);
  const list = await runCliJson<ProfileList>(argv, cli);
  expect(list).toMatchObject({ palette: server.host, projectUid: sampleProject });
  expect(list.profiles.map(({ uid }) => uid)).toEqual([addonUid, infraUid]);
  expect(server.requests).toHaveLength(4);
});

test('a project without profiles', async () => {
  const { reach, cli, server } = await paletteSite({ data: samplePalette({ profiles: new Map() }) });
  const { code, stdout, stderr } = await runCli(['profiles', ...reach, '--plain-http', server.host], cli);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('There are no cluster profiles.');
});
