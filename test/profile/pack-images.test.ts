import { describe, expect, test } from 'vitest';

import {
  failureOf,
  imagesOf,
  originsOf,
  profileFile,
  valuesWith,
  warningsOf,
} from '../support/sample-profiles.ts';

const pod = (image: string) => `kind: Pod\nspec:\n  containers:\n    - image: ${image}\n`;

describe('the provider image', () => {
  test.each([
    ['options:\n  system.uri: ttl.sh/os:1\n', ['ttl.sh/os:1']],
    ['options:\n  system:\n    uri: ttl.sh/os:1\n', ['ttl.sh/os:1']],
    ['options:\n  system.uri: "NA"\n', []],
    ['options:\n  system.uri: na\n', []],
    ['options:\n  system.uri: " Na "\n', []],
    ['options:\n  system.uri: ""\n', []],
    ['options:\n  system.uri:\n', []],
    ['options:\n  system.uri: "{{.spectro.pack.pack-0.x}}"\nx: NA\n', []],
    ['options:\n  system.registry: x\n', []],
    [`options:\n  system.uri: NA\n${valuesWith('"{{.spectro.pack.pack-0.options.system.uri}}"')}`, []],
  ])('%j gives %j', (values, images) => {
    expect(imagesOf({ profiles: [profileFile([values])] })).toEqual(images);
  });
});

test('stylusPackage, wherever it is', () => {
  const values =
    'stylusPackage: container://a.io/s:1\nstylus:\n  list:\n    - stylusPackage: b.io/s:1\n    - x.stylusPackage: c.io/s:1\n    - stylusPackage: na\n';
  expect(originsOf({ profiles: [profileFile([values])] })).toEqual([
    'a.io/s:1 <- profile sample, pack pack-0, stylusPackage (line 1)',
    'b.io/s:1 <- profile sample, pack pack-0, stylus.list[0].stylusPackage (line 4)',
    'c.io/s:1 <- profile sample, pack pack-0, stylus.list[1].x.stylusPackage (line 5)',
  ]);
});

describe('inline manifests', () => {
  const inValues = (field: string) =>
    `manifests:\n  one:\n    ${field}: |\n      ${pod('a.io/x:1').trimEnd().replaceAll('\n', '\n      ')}\n`;

  test.each(['contents', 'content'])('in the values, as %s, on the lines of the values', (field) => {
    expect(originsOf({ profiles: [profileFile([inValues(field)])] })).toEqual([
      `a.io/x:1 <- profile sample, pack pack-0, manifests.one.${field} spec.containers[0].image (line 7)`,
    ]);
  });

  test('beside the values, on their own lines', () => {
    const pack = { manifests: [{ name: 'one', content: `# first\n---\n${pod('a.io/x:1')}` }] };
    expect(originsOf({ profiles: [profileFile([pack])] })).toEqual([
      'a.io/x:1 <- profile sample, pack pack-0, manifests.one spec.containers[0].image (line 6)',
    ]);
  });

  test('resolve macros of their profile', () => {
    const pack = {
      values: 'registry: r.io',
      manifests: [{ name: 'm', content: pod('{{ .spectro.pack.pack-0.registry }}/x:1') }],
    };
    expect(imagesOf({ profiles: [profileFile([pack])] })).toEqual(['r.io/x:1']);
  });

  test('that no list has are warned about, others not', () => {
    const pack = (image: string) => ({ type: 'manifest', manifests: [{ name: 'm', content: pod(image) }] });
    expect(warningsOf({ profiles: [profileFile([pack('a.io/x:1')])] })).toEqual([
      expect.stringMatching(/^UNLISTED_IMAGE .*manifests\.m .*a\.io\/x:1 /),
    ]);
    const listed = profileFile([pack('docker.io/library/x:1'), valuesWith('x:1')]);
    expect(warningsOf({ profiles: [listed] })).toEqual([]);
    expect(warningsOf({ profiles: [profileFile([pack('a.io/x:1')])], images: ['a.io/x:1'] })).toEqual([]);
  });

  test('that are only referred to are warned about', () => {
    const pack = { type: 'manifest', manifests: [{ kind: 'manifest', name: 'crds', uid: '1' }] };
    expect(warningsOf({ profiles: [profileFile([pack])] })).toEqual([
      expect.stringMatching(/^MANIFEST_NOT_INCLUDED .*pack pack-0: .*manifest crds /),
    ]);
  });

  test('that are broken name profile, pack, manifest and line', () => {
    const beside = { manifests: [{ name: 'm', content: 'a: 1\nb: [' }] };
    expect(failureOf({ profiles: [profileFile([beside])] })).toMatchObject({
      code: 'YAML_INVALID',
      message: expect.stringMatching(/^profile sample, pack pack-0, manifests\.m line 2: /),
    });
    const within = 'manifests:\n  m:\n    contents: |\n      a: 1\n      b: [\n';
    expect(failureOf({ profiles: [profileFile([within])] }).message).toMatch(
      /manifests\.m\.contents line [56]: /,
    );
  });
});

describe('a pack without an image list', () => {
  test.each([
    [{ values: 'x: 1' }, ['NO_IMAGE_LIST']],
    [{ type: 'helm', values: 'x: 1', manifests: [{ name: 'm', content: 'a: 1' }] }, ['NO_IMAGE_LIST']],
    [{ type: 'manifest' }, ['NO_VALUES']],
    [{ values: '# nothing\n' }, ['NO_VALUES']],
    [{ type: 'manifest', manifests: [{ name: 'm', content: 'a: 1' }] }, []],
    [{ type: 'manifest', values: 'manifests:\n  m: {contents: "a: 1"}\n' }, []],
    [{ values: 'pack: {content: {images: []}}' }, []],
  ])('%j is warned about: %s', (pack, expected) => {
    const codes = warningsOf({ profiles: [profileFile([pack])] }).map((warning) => warning.split(' ')[0]);
    expect(codes).toEqual(expected);
  });
});
