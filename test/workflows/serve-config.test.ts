import { execFileSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { readRegistriesFile } from '../../src/cli/registries-file.ts';
import { serveConfigView } from '../../src/views/serve-config-view.ts';
import { serveConfig } from '../../src/workflows/serve-config.ts';
import type { ServeConfigInput } from '../../src/workflows/serve-config.ts';
import { rejection } from '../support/rejection.ts';
import { sampleServedBundle } from '../support/sample-served-bundle.ts';
import { bundleFile } from '../support/serving-bundles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeTlsFiles } from '../support/tls-files.ts';

const sample = await sampleServedBundle();
const { signal } = new AbortController();
const origin = 'http://registry.site:5080';
const login = { username: 'edge', password: 's3cret' };
const encoded = Buffer.from('edge:s3cret').toString('base64');

async function configOf(input: Partial<ServeConfigInput>) {
  const paths = [await bundleFile(sample.bytes)];
  const usual = { paths, client: 'containerd', origin, certificate: undefined, login: undefined } as const;
  return await serveConfig({ ...usual, folder: undefined, ...input }, signal);
}

test('each registry of images has a file, with its path on the server; those of charts have none', async () => {
  const { files } = await configOf({});
  expect(files.map(({ path }) => path)).toEqual(
    ['docker.io', 'ghcr.io', 'localhost:5000', 'quay.io'].map(
      (registry) => `/etc/containerd/certs.d/${registry}/hosts.toml`,
    ),
  );
  expect(files[2]?.text).toMatch(/^server = "http:\/\/registry\.site:5080\/v2\/localhost-5000"$/m);
});

test('the same bundle twice, and several of the same registries, change nothing', async () => {
  const paths = [await bundleFile(sample.bytes), await bundleFile(sample.bytes)];
  expect((await configOf({ paths: [...paths, ...paths] })).files).toEqual((await configOf({})).files);
});

describe('a password', () => {
  test('is put into the header of containerd by a command that works for any user', async () => {
    const username = `a$(id)\`'"b${'x'.repeat(80)}`;
    const { files } = await configOf({ login: { username, password: undefined } });
    const command = /^ *# (printf .*)$/m.exec(files[0]?.text ?? '')?.[1] ?? '';
    const output = execFileSync('sh', ['-c', command], { encoding: 'utf8' });
    expect(output).toBe(Buffer.from(`${username}:PASSWORD`).toString('base64'));
  });

  test.each(['containerd', 'k3s', 'rke2', 'podman', 'crio'] as const)(
    'has a place of its own when it is not to be shown to %s',
    async (client) => {
      const { files } = await configOf({ client, login: { ...login, password: undefined } });
      const text = files.map((file) => file.text).join('\n');
      expect(text).toContain('edge');
      expect(text).toMatch(/PASSWORD|podman login/);
      expect(files.filter(({ isSecret }) => isSecret)).toEqual([]);
    },
  );

  test.each([
    ['containerd', 'docker.io/hosts.toml', encoded],
    ['k3s', 'registries.yaml', 's3cret'],
    ['podman', 'palette-edge-auth.json', encoded],
  ] as const)('that is shown is in files of %s that nobody else can read', async (client, name, text) => {
    const folder = await temporaryFolder();
    const { files } = await configOf({ client, login, folder });
    const file = files.find(({ path }) => path.endsWith(name));
    expect(file).toMatchObject({ isSecret: true, text: expect.stringContaining(text) });
    expect((await stat(join(folder, file?.path ?? ''))).mode & 0o777).toBe(0o600);
    for (const other of files.filter(({ isSecret }) => !isSecret)) expect(other.text).not.toContain(text);
  });

  test('does not break out of its place, whatever is in it', async () => {
    const odd = { username: 'e"d\'ge', password: 'a: "b"\\ #\'{}' };
    const { files } = await configOf({ client: 'k3s', login: odd, folder: await temporaryFolder() });
    const folder = await temporaryFolder();
    const written = await configOf({ client: 'k3s', login: odd, folder });
    expect(written.files).toEqual(files);
    const path = join(folder, 'etc/rancher/k3s/registries.yaml');
    const { credentials } = await readRegistriesFile({ path, environment: {}, homeFolder: folder });
    expect(credentials.get('registry.site:5080')).toMatchObject(odd);
  });
});

test('k3s reads where each registry is, and that it is plain HTTP', async () => {
  const folder = await temporaryFolder();
  await configOf({ client: 'k3s', folder });
  const path = join(folder, 'etc/rancher/k3s/registries.yaml');
  const { mirrors, plainHttpHosts } = await readRegistriesFile({ path, environment: {}, homeFolder: folder });
  expect([...plainHttpHosts]).toEqual(['registry.site:5080']);
  expect(
    [...mirrors].map(([registry, { endpoints }]) => [registry, endpoints.map((end) => end.path)]),
  ).toEqual([
    ['docker.io', ['docker.io']],
    ['ghcr.io', ['ghcr.io']],
    ['localhost:5000', ['localhost-5000']],
    ['quay.io', ['quay.io']],
  ]);
});

describe('a certificate', () => {
  test('that signs itself goes along, and is named where the client looks for it', async () => {
    const certificate = {
      kind: 'selfSigned',
      folder: await temporaryFolder(),
      names: ['registry.site'],
    } as const;
    const pem = async () => await readFile(join(certificate.folder, 'palette-edge-serve.crt'), 'utf8');
    const secure = { origin: 'https://registry.site:5080', certificate };
    for (const [client, path] of [
      ['containerd', '/etc/containerd/certs.d/palette-edge-serve.crt'],
      ['rke2', '/etc/rancher/rke2/palette-edge-serve.crt'],
      ['crio', '/etc/containers/certs.d/registry.site:5080/ca.crt'],
    ] as const) {
      const { files } = await configOf({ ...secure, client });
      expect(files.find((file) => file.path === path)?.text).toBe(await pem());
      expect(files.map(({ text }) => text).join('')).not.toMatch(/PRIVATE KEY|insecure/);
    }
  });

  test('of an authority does not: clients trust that', async () => {
    const { certificatePath, keyPath } = await makeTlsFiles(await temporaryFolder());
    const certificate = { kind: 'files', certPath: certificatePath, keyPath } as const;
    const { files } = await configOf({ client: 'k3s', origin: 'https://registry.site', certificate });
    expect(files.map(({ path }) => path)).toEqual(['/etc/rancher/k3s/registries.yaml']);
    expect(files[0]?.text).not.toContain('ca_file');
  });
});

describe('shown', () => {
  test('each file stands below its path, in a form that is a comment', async () => {
    const result = await configOf({ client: 'k3s' });
    expect(serveConfigView(result)).toBe(
      `# /etc/rancher/k3s/registries.yaml\n${result.files[0]?.text.trimEnd()}`,
    );
  });

  test('that a certificate was made now is told, once, as a comment', async () => {
    const certificate = { kind: 'selfSigned', folder: await temporaryFolder(), names: ['a.site'] } as const;
    const input = { origin: 'https://a.site', certificate };
    const made = /^# .*palette-edge-serve\.crt was made now/;
    expect(serveConfigView(await configOf(input))).toMatch(made);
    expect(serveConfigView(await configOf(input))).not.toMatch(made);
  });

  test('written files are listed, and nothing of what is in them', async () => {
    const folder = await temporaryFolder();
    const text = serveConfigView(await configOf({ client: 'podman', login, folder }));
    expect(text).toContain(`${folder}/etc/containers/palette-edge-auth.json`);
    expect(text).not.toContain(encoded);
  });
});

test('what cannot be opened or written is told', async () => {
  expect(await rejection(configOf({ paths: ['missing.tar.zst'] }))).toMatchObject({ code: 'FILE_NOT_FOUND' });
  const file = await bundleFile(sample.bytes);
  expect((await rejection(configOf({ folder: file }))).message).toContain(file);
});
