import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { failureOf, imagesOf, profileFile, valuesWith } from '../support/sample-profiles.ts';
import type { SamplePack } from '../support/sample-profiles.ts';

/** The one image that an image list of this text gives. */
function resolved(text: string, ...packs: readonly (SamplePack | string)[]): string {
  return imagesOf({ profiles: [profileFile([valuesWith(text), ...packs])] }).join(' and ');
}

describe('macros of packs', () => {
  const registry = {
    name: 'base',
    values: 'options:\n  system.registry: ttl.sh\n  list: [a, {b: c.io}]\n  version: 1.10\n',
  };

  test.each([
    ['{{.spectro.pack.base.options.system.registry}}/a:1', 'ttl.sh/a:1'],
    ['"{{ .spectro.pack.base.options.system.registry }}/a:1"', 'ttl.sh/a:1'],
    ["'{{-   .spectro.pack.base.options.system.registry   -}}/a:1'", 'ttl.sh/a:1'],
    ['{{.spectro.pack.base.options.list.1.b}}/a:1', 'c.io/a:1'],
    ['{{.spectro.pack.base.options.list[1].b}}/a:1', 'c.io/a:1'],
    ['a:{{.spectro.pack.base.options.version}}', 'docker.io/library/a:1.10'],
    ['{{.spectro.pack.base.options.system.registry}}/{{.spectro.pack.base.options.list[0]}}:1', 'ttl.sh/a:1'],
  ])('%s is %s', (text, image) => {
    expect(resolved(text, registry)).toBe(image);
  });

  test('the longest key that fits wins, and shorter ones are tried', () => {
    const values = 'a:\n  b: short.io\na.b: long.io\na.c:\n  d: other.io\n';
    expect(resolved('{{.spectro.pack.p.a.b}}/x:1', { name: 'p', values })).toBe('long.io/x:1');
    expect(resolved('{{.spectro.pack.p.a.c.d}}/x:1', { name: 'p', values })).toBe('other.io/x:1');
  });

  test('a pack may have a dot in its name; the longest name wins', () => {
    const packs = [
      { name: 'p', values: 'v1: {x: short.io}' },
      { name: 'p.v1', values: 'x: long.io' },
    ];
    expect(resolved('{{.spectro.pack.p.v1.x}}/a:1', ...packs)).toBe('long.io/a:1');
  });

  test('values are resolved in turn', () => {
    const values = 'a: "{{.spectro.pack.p.b}}/x"\nb: {{ .spectro.pack.p.c }}.io\nc: ghcr\n';
    expect(resolved('{{.spectro.pack.p.a}}:1', { name: 'p', values })).toBe('ghcr.io/x:1');
  });

  test('packs of other profiles are found, own ones come first', () => {
    const other = profileFile([{ name: 'p', values: 'x: other.io\ny: only.io' }], { name: 'other' });
    const own = profileFile([
      { name: 'p', values: 'x: own.io' },
      valuesWith('{{.spectro.pack.p.x}}/a:1', '{{.spectro.pack.p.y}}/b:1'),
    ]);
    expect(imagesOf({ profiles: [other, own] })).toEqual(['only.io/b:1', 'own.io/a:1']);
  });

  test('a value from another profile is resolved with the variables of that profile', () => {
    const profile = (name: string, pack: SamplePack, registryName: string) =>
      profileFile([pack], { name, variables: [{ name: 'R', defaultValue: registryName }] });
    const other = profile('other', { name: 'p', values: 'x: "{{.spectro.var.R}}"' }, 'other.io');
    const own = profile('own', { values: valuesWith('{{.spectro.pack.p.x}}/{{.spectro.var.R}}:1') }, 'own');
    expect(imagesOf({ profiles: [own, other] })).toEqual(['other.io/own:1']);
  });
});

describe('the Kubernetes version', () => {
  const k8s = { name: 'k8s', layer: 'k8s', version: '1.30.1', tag: '1.30.x' };

  test('is that of the k8s layer, of any profile, or given', () => {
    expect(resolved('a:{{ .spectro.system.kubernetes.version }}', k8s)).toBe('docker.io/library/a:1.30.1');
    const addon = profileFile([valuesWith('a:{{.spectro.system.kubernetes.version}}')]);
    const infra = profileFile([k8s], { name: 'infra', type: 'infra' });
    expect(imagesOf({ profiles: [addon, infra] })).toEqual(['docker.io/library/a:1.30.1']);
    const macros = new Map([['system.kubernetes.version', '1.31.0']]);
    expect(imagesOf({ profiles: [addon, infra], macros })).toEqual(['docker.io/library/a:1.31.0']);
  });

  test('is missing without such a pack', () => {
    expect(
      failureOf({ profiles: [profileFile([valuesWith('a:{{.spectro.system.kubernetes.version}}')])] }),
    ).toMatchObject({
      code: 'MACRO_UNRESOLVED',
      message: expect.stringContaining('layer k8s'),
      suggestions: ['Pass --macro system.kubernetes.version=VALUE'],
    });
  });
});

describe('variables and macros that are given', () => {
  const profiles = [
    profileFile([valuesWith('{{.spectro.var.R}}/a:{{.spectro.macro.tag}}')], {
      variables: [{ name: 'R', defaultValue: 'r.io' }],
    }),
  ];

  test('a default, overridden by --var; a macro from --macro only', () => {
    const macros = new Map([['tag', '1']]);
    expect(imagesOf({ profiles, macros })).toEqual(['r.io/a:1']);
    expect(imagesOf({ profiles, macros, variables: new Map([['R', 's.io']]) })).toEqual(['s.io/a:1']);
  });

  test('a default may hold macros', () => {
    const variables = [
      { name: 'R', defaultValue: '{{.spectro.var.S}}.io' },
      { name: 'S', defaultValue: 'deep' },
    ];
    expect(
      imagesOf({ profiles: [profileFile([valuesWith('{{.spectro.var.R}}/a:1')], { variables })] }),
    ).toEqual(['deep.io/a:1']);
  });

  test('system macros are given with their path', () => {
    const system = [profileFile([valuesWith('a:{{.spectro.system.cluster.name}}')])];
    expect(imagesOf({ profiles: system, macros: new Map([['system.cluster.name', 'c1']]) })).toEqual([
      'docker.io/library/a:c1',
    ]);
  });
});

describe('filters', () => {
  test.each([
    ['{{ .spectro.pack.p.x | quote }}', 'docker.io/library/a:1'],
    ['{{ .spectro.pack.p.x | squote }}', 'docker.io/library/a:1'],
    ['{{ .spectro.var.No | default "b:2" }}', 'docker.io/library/b:2'],
    ["a:{{ .spectro.macro.no | default '7' }}", 'docker.io/library/a:7'],
    ['a:{{ .spectro.pack.p.empty | default 7 }}', 'docker.io/library/a:7'],
    ['a:{{ .spectro.pack.p.y | default "7" }}', 'docker.io/library/a:9'],
    ['{{ .spectro.var.No | default "b:2" | quote }}', 'docker.io/library/b:2'],
  ])('%s is %s', (text, image) => {
    expect(resolved(text, { name: 'p', values: 'x: a:1\nempty:\ny: 9\n' })).toBe(image);
  });

  test.each([
    'a:{{ .spectro.var.A | upper }}',
    'a:{{ printf "%s" .spectro.var.A }}',
    'a:{{ default "x" .spectro.var.A }}',
  ])('%s is not supported', (text) => {
    expect(failureOf({ profiles: [profileFile([valuesWith(`'${text}'`)])] })).toMatchObject({
      code: 'MACRO_UNSUPPORTED',
      message: expect.stringContaining(text.slice(2)),
    });
  });

  test('a default does not hide what is missing further down', () => {
    const values = 'x: "{{.spectro.macro.missing}}"';
    const profiles = [
      profileFile([{ name: 'p', values }, valuesWith('a:{{ .spectro.pack.p.x | default "1" }}')]),
    ];
    expect(failureOf({ profiles }).code).toBe('MACRO_UNRESOLVED');
  });
});

test('text without macros is its own resolution; a macro gives exactly its value', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  fc.assert(
    fc.property(part, part, part, (host, name, tag) => {
      const values = `nested: {host: "${host}.io"}\nkey.with.dots: "${tag}"\n${valuesWith(`"{{.spectro.pack.pack-0.nested.host}}/${name}:{{ .spectro.pack.pack-0.key.with.dots }}"`)}`;
      expect(imagesOf({ profiles: [profileFile([values])] })).toEqual([`${host}.io/${name}:${tag}`]);
    }),
  );
});
