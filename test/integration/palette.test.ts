import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { GeneratedAgeKey } from '../../src/workflows/generate-age-key.ts';
import type { InspectResult } from '../../src/workflows/inspect-bundle.ts';
import type { ProfileList } from '../../src/workflows/list-profiles.ts';
import { secretsBelow, secretsIn } from '../support/planted-secrets.ts';
import { failure, send, startPaletteServer } from '../support/palette-server.ts';
import type { Fault, PaletteServerOptions } from '../support/palette-server.ts';
import {
  addonUid,
  infraUid,
  sampleKey,
  samplePalette,
  sampleProject,
} from '../support/palette-server-data.ts';
import { pushImage } from '../support/push-image.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';
import { valuesWith } from '../support/sample-profiles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const execute = promisify(execFile);
const names = ['os/provider', 'app/web', 'edge/agent', 'edge/jet'];
const both = ['--cluster-profile-ids', `${infraUid},${addonUid}`];
const content = [...both, '--include-palette-content', '--var', 'Tag=1'];
const definition = ['--cluster-definition-name', 'store-17'];
const everything = [...content, ...definition];

/** A registry with images, a Palette whose profiles and services name them, and a folder to build in. */
async function site(options: PaletteServerOptions = {}) {
  const registry = await runningRegistry();
  const blobs = new MemoryBlobs();
  for (const repository of names) {
    const root = addImage(blobs, repository);
    await pushImage({ origin: registry.origin, repository }, blobs, { root, tag: '1' });
  }
  const data = samplePalette({
    profiles: new Map([
      [infraUid, profile(infraUid, 'infra', [{ name: 'os', layer: 'os', values: osValues(registry.host) }])],
      [
        addonUid,
        profile(addonUid, 'add-on', [
          {
            name: 'web',
            layer: 'addon',
            values: valuesWith(`"${registry.host}/app/web:{{.spectro.var.Tag}}"`),
          },
        ]),
      ],
    ]),
    variables: new Map([[addonUid, [{ name: 'Tag', isSensitive: true, defaultValue: '********' }]]]),
    services: new Map([
      ['stylus', { version: '4.8.1', images: `- ${registry.host}/edge/agent:1\n` }],
      ['jet', { version: '4.8.2', images: `images:\n  - image: ${registry.host}/edge/jet:1\n` }],
    ]),
  });
  const server = await startPaletteServer({ data, ...options });
  const folder = await temporaryFolder();
  const reach = ['--palette-endpoint', `${server.host}/api/`, '--project-id', sampleProject];
  const plain = ['--plain-http', registry.host, '--plain-http', server.host];
  const env = { PALETTE_API_KEY: sampleKey };
  const resolve = ['resolve', ...reach, '--plain-http', server.host];
  return {
    registry,
    server,
    data,
    folder,
    reach,
    cli: { cwd: folder, env },
    build: ['build', ...reach, ...plain],
    resolve,
    references: names.map((name) => `${registry.host}/${name}:1`).toSorted(),
  };
}

function profile(uid: string, type: string, packs: readonly unknown[]) {
  return {
    metadata: { name: `sample-${type}`, uid },
    spec: { version: '1.0.0', published: { type, packs } },
  };
}

function osValues(host: string): string {
  return `options:\n  system.uri: "${host}/os/provider:1"\n`;
}

describe('a build from Palette', () => {
  test('has the images of profiles, agent and services, and the cluster definition', async () => {
    const { build, cli, folder, data, references, server } = await site();
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
    const { build, cli } = await site();
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
    const { build, cli, folder, data } = await site();
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
    const { build, cli, registry } = await site();
    const result = await runCliJson<BuildResult>([...build, '--include-core-images-only'], cli);
    expect(result.images.map(({ reference }) => reference)).toEqual([`${registry.host}/edge/agent:1`]);
  });

  test('after a dry run nothing is there', async () => {
    const { build, cli, folder } = await site();
    expect((await runCli([...build, ...everything, '--dry-run'], cli)).code).toBe(0);
    expect((await readdir(folder)).filter((name) => name !== 'cache')).toEqual([]);
  });

  test('spares what is no cluster definition', async () => {
    const { build, cli, folder } = await site();
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

describe('the key', () => {
  test.each([
    ['of the environment', ['PALETTE_API_KEY'], []],
    ['of the scheme for all flags', ['PALETTE_EDGE_API_KEY'], []],
    ['that was typed', [], ['--api-key', sampleKey]],
  ])('%s is taken, and comes out nowhere', async (_what, variables, typed) => {
    const { build, cli, folder } = await site();
    const env = Object.fromEntries(variables.map((name) => [name, sampleKey]));
    const run = await runCli([...build, ...everything, ...typed], { ...cli, env });
    expect(run.code).toBe(0);
    expect(run.stderr.includes('[SECRET_ON_COMMAND_LINE]')).toBe(typed.length > 0);
    expect(secretsIn(run.stdout + run.stderr, [sampleKey])).toEqual([]);
    expect(await secretsBelow(folder, [sampleKey], [])).toEqual([]);
  });

  test.each([['--json'], ['--no-json']])('that is wrong comes out nowhere either: %s', async (flag) => {
    const { build, cli } = await site();
    const wrong = 'wr0ng-s3cret-key';
    const flags = flag === '--json' ? [flag] : [];
    const run = await runCli([...build, ...everything, '--api-key', wrong, ...flags], cli);
    expect(run.code).toBe(3);
    expect(run.stdout + run.stderr).toContain('PALETTE_KEY_REFUSED');
    expect(run.stdout + run.stderr).toContain('InvalidApiKey');
    expect(secretsIn(run.stdout + run.stderr, [wrong, sampleKey])).toEqual([]);
  });

  test('that is missing is asked for, before Palette is', async () => {
    const { build, cli, server } = await site();
    const { code, stderr } = await runCli([...build, ...everything], { ...cli, env: {} });
    expect(code).toBe(3);
    expect(stderr).toContain('API_KEY_MISSING');
    expect(stderr).toContain('PALETTE_API_KEY');
    expect(server.requests).toEqual([]);
  });

  test('with line breaks in it is refused untold', async () => {
    const { build, cli, server } = await site();
    const env = { PALETTE_API_KEY: 's3cret\r\nHost: other' };
    const { code, stderr } = await runCli([...build, ...everything], { ...cli, env });
    expect(code).toBe(3);
    expect(stderr).toContain('API_KEY_INVALID');
    expect(stderr).not.toContain('s3cret');
    expect(server.requests).toEqual([]);
  });
});

describe('what goes wrong is told with advice', () => {
  test('a wrong project', async () => {
    const { reach, cli, server } = await site();
    const flags = ['--project-id', 'aaaaaaaaaaaaaaaaaaaaaaaa', '--cluster-profile-ids', infraUid];
    const there = [...reach.slice(0, 2), '--plain-http', server.host];
    const { code, stderr } = await runCli(['resolve', ...there, ...flags], cli);
    expect(code).toBe(3);
    expect(stderr).toContain('PALETTE_FORBIDDEN');
    expect(stderr).toContain('--project-id is aaaaaaaaaaaaaaaaaaaaaaaa');
  });

  test('a missing profile', async () => {
    const { resolve, cli } = await site();
    const uid = 'bbbbbbbbbbbbbbbbbbbbbbbb';
    const { code, stderr } = await runCli([...resolve, '--cluster-profile-ids', uid], cli);
    expect(code).toBe(4);
    expect(stderr).toContain(`cluster profile ${uid} was not found`);
    expect(stderr).toContain('palette-edge profiles');
  });

  test('a name in place of a uid', async () => {
    const { resolve, cli, server } = await site();
    const { code, stderr } = await runCli([...resolve, '--cluster-profile-ids', 'edge-infra'], cli);
    expect(code).toBe(2);
    expect(stderr).toContain('expected 24 hex digits');
    expect(server.requests).toEqual([]);
  });

  test('a masked variable', async () => {
    const { resolve, cli } = await site();
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
    const { resolve, cli } = await site({ fault });
    const { code, stderr } = await runCli([...resolve, '--cluster-profile-ids', infraUid], cli);
    expect(code).toBe(0);
    expect(stderr).toContain('TooManyRequests: slow down');
    expect(stderr).toContain('trying again in');
  });

  test('plain HTTP that was not allowed', async () => {
    const { reach, cli, server } = await site();
    const flags = ['--palette-endpoint', server.origin, '--cluster-profile-ids', infraUid];
    const { code, stderr } = await runCli(['resolve', ...reach.slice(2), ...flags], cli);
    expect(code).toBe(6);
    expect(stderr).toContain(`--plain-http ${server.host}`);
    expect(server.requests).toEqual([]);
  });
});

test('resolve shows what Palette asks for', async () => {
  const { resolve, cli, references } = await site();
  const { stdout } = await runCli([...resolve, ...content, '--plain'], cli);
  expect(stdout.trim().split('\n')).toEqual(references);
});

test('profiles lists a project, page by page', async () => {
  const { reach, cli, server } = await site({ pageSize: 1 });
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
  const { reach, cli, server } = await site({ data: samplePalette({ profiles: new Map() }) });
  const { code, stdout, stderr } = await runCli(['profiles', ...reach, '--plain-http', server.host], cli);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('There are no cluster profiles.');
});
