import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { readDefinition } from '../../src/definition/read-definition.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { thrown } from '../support/sample-profiles.ts';

const digest = digestOf('a');
const version = 'definitionVersion: 1\n';

function read(text: string) {
  return readDefinition({ name: 'd.yaml', text });
}

test('everything that a definition can say', () => {
  const definition = read(`${version}options:
  name: 1.10
  platforms: [linux/amd64, linux/arm64/v8]
  allowMissingPlatform: true
  compressionLevel: 9
  map: [docker.io=r.site/hub]
  exclude: ["**/x"]
profiles:
  - name: edge
    version: 1.10
    packs: [{name: k3s, layer: k8s}]
images:
  - reference: nginx:1.27
    digest: ${digest}
    origins:
      - {kind: flag}
      - {kind: flag, flag: chart}
      - {kind: list, file: a.txt, line: 3}
      - {kind: manifest, file: a.yaml, line: 4, key: spec.image}
      - {kind: profile, profile: edge, pack: k3s, key: "a[0]"}
      - {kind: discovered, key: chart web, how: annotation}
      - {kind: palette, service: stylus, version: 4.6.1}
  - {reference: "ghcr.io/a/b@${digest}"}
charts: [{repository: "https://a.io", name: web, wanted: ^1.2, version: 1.2.3}]
files: [{path: in/a, name: b/c}]
`);
  expect(definition).toEqual({
    options: {
      name: '1.10',
      platforms: [
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm64' },
      ],
      allowMissingPlatform: true,
      compressionLevel: 9,
      map: ['docker.io=r.site/hub'],
      exclude: ['**/x'],
    },
    profiles: [
      {
        name: 'edge',
        version: '1.10',
        type: '',
        packs: [{ name: 'k3s', type: '', layer: 'k8s', version: '' }],
      },
    ],
    images: [
      {
        reference: { registry: 'docker.io', repository: 'library/nginx', tag: '1.27' },
        name: 'docker.io/library/nginx:1.27',
        digest,
        line: 14,
        origins: [
          { kind: 'flag' },
          { kind: 'flag', flag: 'chart' },
          { kind: 'list', file: 'a.txt', line: 3 },
          { kind: 'manifest', file: 'a.yaml', line: 4, key: 'spec.image' },
          { kind: 'profile', profile: 'edge', pack: 'k3s', key: 'a[0]' },
          { kind: 'discovered', key: 'chart web', how: 'annotation' },
          { kind: 'palette', service: 'stylus', version: '4.6.1' },
        ],
      },
      {
        reference: { registry: 'ghcr.io', repository: 'a/b', digest },
        name: `ghcr.io/a/b@${digest}`,
        digest,
        line: 24,
      },
    ],
    charts: [{ repository: 'https://a.io', name: 'web', wanted: '^1.2', version: '1.2.3', line: 25 }],
    files: [{ path: 'in/a', name: 'b/c' }],
  });
});

test.each([
  ['', 'd.yaml:1: expected definitionVersion'],
  ['a: [\n', 'd.yaml:2:1: it is not valid YAML: '],
  ['definitionVersion: "1"\n', 'd.yaml:1: definitionVersion: expected a whole number'],
  [`${version}options:\n  nmae: a\n`, 'd.yaml:3: options.nmae: it is not known there; expected name, '],
  [`${version}images:\n  - reference: a\n    digest: x\n`, 'd.yaml:4: images[0].digest: expected sha256:'],
  [`${version}images:\n  - reference: A\n`, 'd.yaml:3: images[0].reference: "A" is no image reference'],
  [
    `${version}images:\n  - reference: a\n  - reference: docker.io/library/a:latest\n`,
    'd.yaml:4: images[1]: docker.io/library/a:latest is there already, on line 3',
  ],
  [
    `${version}images:\n  - reference: a@${digest}\n    digest: ${digestOf('b')}\n`,
    'd.yaml:4: images[0].digest: it is not the digest of the reference',
  ],
  [`${version}images: {}\n`, 'd.yaml:2: images: expected a list'],
  [
    `${version}images:\n  - reference: a\n    origins: [{kind: list, file: a}]\n`,
    'origins[0].line: expected a whole',
  ],
  [
    `${version}images:\n  - reference: a\n    origins: [{kind: referrer}]\n`,
    'origins[0].kind: expected flag, ',
  ],
  [
    `${version}files:\n  - {path: a, name: b}\n  - {path: c, name: b}\n`,
    'd.yaml:4: files[1].name: another file',
  ],
  [`${version}images: []\nimages: []\n`, 'd.yaml:3: images: it is there twice'],
  [`${version}options: &a {}\nprofiles: [*a]\n`, 'd.yaml:3: it has an alias'],
  [`${version}charts: [a]\n`, 'd.yaml:2: charts[0]: expected repository'],
  [`${version}images: ${'['.repeat(50_000)}`, 'nested too deeply'],
  [`${version}#${'x'.repeat(8 * 1024 * 1024)}`, 'it has more than 8388608 characters'],
])('%j: refused with its place', (text, expected) => {
  const error = thrown(() => read(text));
  expect(error).toMatchObject({ code: 'DEFINITION_INVALID', kind: 'usage' });
  expect(error.message).toContain(expected);
});

test('a password in a reference is not told', () => {
  const error = thrown(() => read(`${version}images:\n  - reference: user:s3cret@r.site/a:1\n`));
  expect(JSON.stringify([error.message, error.suggestions])).not.toContain('s3cret');
});

test('any text is read or refused with an error of ours', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((json) => `${version}images: ${json}\n`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(codeOf(text)).toMatch(/^(?:read|DEFINITION_INVALID)$/);
    }),
  );
});

function codeOf(text: string): string {
  try {
    read(text);
    return 'read';
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error.code;
    throw error;
  }
}

test.each(['../../x', 'a/../b', '/etc/x', 'a b', ''])('a file in a bundle cannot be named %j', (name) => {
  const error = thrown(() => read(`${version}files:\n  - path: a\n    name: ${JSON.stringify(name)}\n`));
  expect(error).toMatchObject({ code: 'DEFINITION_INVALID', kind: 'usage' });
  expect(error.message).toContain('d.yaml:4: files[0].name');
});
