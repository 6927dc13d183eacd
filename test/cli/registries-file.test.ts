import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { readRegistriesFile } from '../../src/cli/registries-file.ts';
import { parseReference, formatRepository } from '../../src/oci/reference.ts';
import { routesOf } from '../../src/registry/route.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('where it is', () => {
  const text = 'mirrors: {docker.io: {endpoint: [a.corp]}}';

  test('in the user’s folder of settings, by XDG_CONFIG_HOME or ~/.config, unless one is named', async () => {
    const homeFolder = await temporaryFolder();
    for (const [folder, host] of [
      ['.config', 'home.corp'],
      ['xdg', 'xdg.corp'],
    ] as const) {
      await mkdir(join(homeFolder, folder, 'palette-edge'), { recursive: true });
      const path = join(homeFolder, folder, 'palette-edge', 'registries.yaml');
      await writeFile(path, text.replace('a.corp', host));
    }
    const named = join(homeFolder, 'named.yaml');
    await writeFile(named, text);
    const hostFrom = async (path: string | false | undefined, xdg?: string) => {
      const environment = { XDG_CONFIG_HOME: xdg };
      const { mirrors } = await readRegistriesFile({ path, environment, homeFolder });
      return mirrors.get('docker.io')?.endpoints.map(({ registry }) => registry);
    };
    expect(await hostFrom(undefined)).toEqual(['home.corp']);
    expect(await hostFrom(undefined, 'relative')).toEqual(['home.corp']);
    expect(await hostFrom(undefined, join(homeFolder, 'xdg'))).toEqual(['xdg.corp']);
    expect(await hostFrom(named)).toEqual(['a.corp']);
    expect(await hostFrom(false)).toBeUndefined();
  });

  test('it need not be there, unless it is named', async () => {
    const homeFolder = await temporaryFolder();
    const { mirrors } = await readRegistriesFile({ path: undefined, environment: {}, homeFolder });
    expect(mirrors.size).toBe(0);
    const path = join(homeFolder, 'none.yaml');
    const error = await rejection(readRegistriesFile({ path, environment: {}, homeFolder }));
    expect(error).toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(error.message).toContain('registries file');
  });

  test.each(['', '# nothing\n', 'mirrors:\nconfigs:\n', 'mirrors:\n  docker.io:\n  "*":\n'])(
    'with nothing in it: %j',
    async (empty) => {
      const { credentials, tls, plainHttpHosts } = await read(empty);
      expect([credentials.size, tls.size, plainHttpHosts.size]).toEqual([0, 0, 0]);
    },
  );
});

test('the example of the documentation of k3s', async () => {
  const file = await read(`
mirrors:
  docker.io:
    endpoint:
      - "https://registry.example.com:5000"
    rewrite:
      "^rancher/(.*)": "mirrorproject/rancher-images/$1"
configs:
  "registry.example.com:5000":
    auth:
      username: xxxxxx # this is the registry username
      password: xxxxxx # this is the registry password
    tls:
      insecure_skip_verify: true
`);
  const mirrors = { prefixes: [], registries: file.mirrors };
  expect(routesOf(parseReference('rancher/coredns-coredns:1.6.3'), mirrors).map(formatRepository)).toEqual([
    'registry.example.com:5000/mirrorproject/rancher-images/coredns-coredns',
    'docker.io/rancher/coredns-coredns',
  ]);
  expect(file.credentials.get('registry.example.com:5000')).toMatchObject({
    username: 'xxxxxx',
    password: 'xxxxxx',
  });
  expect(file.tls.get('registry.example.com:5000')).toMatchObject({ isInsecure: true });
  expect(file.plainHttpHosts.size).toBe(0);
});

describe('what is no registries file', () => {
  test.each([
    ['[]', 1, 'expected the keys mirrors, configs', /k3s/],
    ['mirror:\n  docker.io:', 1, 'mirror: there is no such key', /Did you mean mirrors\?/],
    ['mirrors: []', 1, 'mirrors: expected names', /k3s/],
    [
      'mirrors:\n  a.io:\n    endpoints: [b.io]',
      3,
      'mirrors → a.io → endpoints: there is no such key',
      /Did you mean endpoint\?/,
    ],
    ['mirrors:\n  a.io:\n    endpoint: b.io', 3, 'expected a list', /k3s/],
    ['mirrors:\n  a.io:\n    endpoint: [{}]', 3, 'expected a text', /k3s/],
    ['mirrors:\n  a.io/x:', 2, 'the key is no registry host', /--mirror/],
    ['mirrors:\n  https://a.io:', 2, 'the key is no registry host', /without scheme/],
    ['mirrors:\n  a.io:\n  a.io:', 3, 'this key stands there twice', /k3s/],
    ['mirrors:\n---\nmirrors:', 3, 'it has a second document', /k3s/],
    ['mirrors: {a.io: {endpoint: ["ftp://b.io"]}}', 1, '"ftp://b.io" is no http or https URL', /k3s/],
    ['mirrors: {a.io: {endpoint: [""]}}', 1, '"" is no http or https URL', /k3s/],
    ['mirrors: {a.io: {rewrite: {"(": x}}}', 1, 'no regular expression', /k3s/],
    ['mirrors: {a.io: {rewrite: {"(a)": "$2"}}}', 1, '$2 names no group', /in braces/],
    ['mirrors: {a.io: {rewrite: {"(a)": "$1x"}}}', 1, '$1x names no group', /in braces/],
    [String.raw`mirrors: {a.io: {rewrite: {'\Aa': x}}}`, 1, String.raw`\A is not known here`, /k3s/],
    ['configs: {a.io: {tls: {insecure_skip_verify: maybe}}}', 1, 'expected true or false', /k3s/],
    ['configs: {a.io: {tls: {cert_file: a.pem}}}', 1, 'it has cert_file alone', /both/],
    ['configs: {a.io: {tls: {insecureSkipVerify: true}}}', 1, 'there is no such key', /insecure_skip_verify/],
    ['configs: {a.io: {auth: {username: x}}}', 1, 'it has no password', /identity_token/],
  ])('%j', async (...row) => {
    const [text, line, reason, suggestion] = row;
    const error = await rejection(read(text));
    expect(error).toMatchObject({ code: 'REGISTRIES_FILE_INVALID', kind: 'usage' });
    expect(error.message).toMatch(new RegExp(`registries\\.yaml:${line}(?::\\d+)?: `));
    expect(error.message).toContain(reason);
    expect(error.suggestions.join('\n')).toMatch(suggestion);
  });

  test.each([
    'configs: {a.io: {auth: {username: x, password: "s3cret" s3cret}}}',
    'configs: {a.io: {auth: {auth: czNjcmV0s3cret}}}',
    'configs: {a.io: {auth: s3cret}}',
    'configs: {a.io: {auth: [s3cret]}}',
    'configs: {a.io: {auth: {password: s3cret}}}',
    'configs: {a.io: {auth: {username: x, password: [s3cret]}}}',
    'mirrors: {a.io: {endpoint: ["https://u:s3cret@b.io"]}}',
    'mirrors: {"https://u:s3cret@b.io": {endpoint: [b.io]}}',
    'configs: {"u:s3cret@b.io": {endpoint: [b.io]}}',
    'configs: *s3cret',
    'configs: {a.io: {auth: {username:edge,password:s3cret}}}',
    'configs: {a.io: {password:s3cret}}',
    'configs: {a.io: {auth: {s3cret: }}}',
    's3cret',
  ])('tells no secret: %s', async (text) => {
    const error = await rejection(read(text));
    expect(error.kind).toBe('usage');
    expect(everythingShown(error)).not.toContain('s3cret');
    expect(everythingShown(error)).not.toContain('czNjcmV0');
  });

  test('a file of more than 1 MiB', async () => {
    const error = await rejection(read(`# ${'x'.repeat(1024 * 1024)}`));
    expect(error.message).toContain('it has more than 1048576 characters');
  });
});

async function read(text: string) {
  const path = join(await temporaryFolder(), 'registries.yaml');
  await writeFile(path, text);
  return await readRegistriesFile({ path, environment: {}, homeFolder: '/nowhere' });
}
