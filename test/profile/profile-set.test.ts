import { describe, expect, test } from 'vitest';

import {
  failureOf,
  fixture,
  imagesOf,
  profileFile,
  request,
  valuesWith,
  warningsOf,
} from '../support/sample-profiles.ts';

describe('one infrastructure or full profile', () => {
  const one = profileFile(['a: 1'], { name: 'one', type: 'infra' });
  const full = profileFile(['a: 1'], { name: 'full', type: 'cluster' });
  const addOns = ['x', 'y', 'z'].map((name) => profileFile(['a: 1'], { name }));

  test('with any number of add-ons and system profiles', () => {
    const system = profileFile(['a: 1'], { name: 'system', type: 'system' });
    expect(request({ profiles: [one, ...addOns, system] }).profiles).toHaveLength(5);
  });

  test.each([
    [[one, full]],
    [[full, ...addOns, one]],
    [[one, profileFile(['a: 2'], { name: 'two', type: 'INFRA' })]],
  ])('two are refused, both named', (profiles) => {
    const error = failureOf({ profiles });
    expect(error).toMatchObject({ code: 'TWO_INFRASTRUCTURE_PROFILES', kind: 'usage' });
    expect(error.message).toContain('one 1.0.0');
    expect(error.message).toMatch(/full 1\.0\.0|two 1\.0\.0/);
  });
});

describe('a profile that is given twice', () => {
  test('in two shapes is read once', () => {
    const profiles = [fixture('profiles/edge-infra.json'), fixture('profiles/edge-infra-flattened.yaml')];
    expect(request({ profiles }).profiles).toHaveLength(1);
    expect(warningsOf({ profiles })).toEqual([
      expect.stringMatching(/^DUPLICATE_PROFILE .*edge-infra\.json, edge-infra-flattened\.yaml.*read once/),
    ]);
  });

  test('with different packs is read twice', () => {
    const profiles = [profileFile([valuesWith('a:1')]), profileFile([valuesWith('b:1')])];
    expect(imagesOf({ profiles })).toHaveLength(2);
    expect(warningsOf({ profiles })).toEqual([expect.stringMatching(/^DUPLICATE_PROFILE .*both are read/)]);
  });
});

describe('values', () => {
  test('that are broken name profile, pack and line', () => {
    expect(failureOf({ profiles: [profileFile([valuesWith('a:1'), 'x: 1\ny: [1\nz: 2\n'])] })).toMatchObject({
      code: 'YAML_INVALID',
      kind: 'usage',
      message: expect.stringMatching(/^profile sample, pack pack-1, values line [23]: /),
    });
  });

  test('of several broken packs are all named', () => {
    const error = failureOf({ profiles: [profileFile(['a: b: c', 'x: 1', 'a: [1'])] });
    expect(error.message).toContain('pack pack-0, values line 1');
    expect(error.message).toContain('pack pack-2, values line 1');
  });

  test('with a key twice: an error below pack, a warning elsewhere', () => {
    const twice = `${valuesWith('a:1')}    images: []\n`;
    expect(failureOf({ profiles: [profileFile([twice])] })).toMatchObject({
      code: 'YAML_INVALID',
      message: expect.stringMatching(/values line 5: .*"images" is there twice/),
    });
    const profiles = [profileFile([`${valuesWith('a:1')}x: {b: 1, b: 2}\n`])];
    expect(imagesOf({ profiles })).toEqual(['docker.io/library/a:1']);
    expect(warningsOf({ profiles })).toEqual([expect.stringMatching(/^DUPLICATE_KEY .*line 5: .*"b"/)]);
  });

  test('with a byte order mark, CRLF and several documents', () => {
    const text = `\uFEFF${valuesWith('a:1').replaceAll('\n', '\r\n')}---\r\nstylusPackage: b:1\r\n`;
    expect(imagesOf({ profiles: [profileFile([text])] })).toEqual([
      'docker.io/library/a:1',
      'docker.io/library/b:1',
    ]);
  });

  test('that are absent, null, empty, or a comment', () => {
    const profiles = [profileFile([{}, { values: null }, '', '# nothing\n'])];
    expect(warningsOf({ profiles })).toHaveLength(4);
    expect(imagesOf({ profiles })).toEqual([]);
  });
});
