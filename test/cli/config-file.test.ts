import { describe, expect, test } from 'vitest';

import { parseConfigFile } from '../../src/cli/config-file.ts';
import type { KnownFlag, Setting } from '../../src/cli/config-file.ts';
import { PaletteEdgeError } from '../../src/errors.ts';

const one: KnownFlag = { type: 'option' };
const list: KnownFlag = { type: 'option', multiple: true };
const commands = new Map<string, Record<string, KnownFlag>>([
  [
    'build',
    {
      concurrency: one,
      'plain-http': list,
      'skip-missing': { type: 'boolean' },
      'ca-cert': { ...list, helpValue: 'FILE' },
      store: { ...one, helpValue: 'DIR' },
      output: { ...one, helpValue: 'FILE' },
      json: { type: 'boolean' },
      config: { ...one, helpValue: 'FILE' },
      'no-config': { type: 'boolean' },
      secret: { ...one, hidden: true },
    },
  ],
  ['demo', { dir: { ...one, helpValue: 'FOLDER' }, json: { type: 'boolean' } }],
]);

const parse = (
  text: string,
  { command = 'build', path = 'palette-edge.yaml' } = {},
): Partial<Record<string, Setting>> =>
  Object.fromEntries(
    [...parseConfigFile(text, { path, command, commands }).settings].map(([name, { texts, origin }]) => [
      name,
      { texts, origin },
    ]),
  );

const failure = (text: string): PaletteEdgeError => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error;
    throw error;
  }
  throw new Error('expected an error');
};

test('keys are flags; a section of the command wins over the top, wherever it stands', () => {
  const text = `
build:
  concurrency: 8
concurrency: 2
plain-http: [a.test, 'b.test:5000']
skip-missing: true
demo:
  dir: here
`;
  expect(parse(text)).toEqual({
    concurrency: { texts: ['8'], origin: 'palette-edge.yaml:3: concurrency' },
    'plain-http': { texts: ['a.test', 'b.test:5000'], origin: 'palette-edge.yaml:5: plain-http' },
    'skip-missing': { texts: ['true'], origin: 'palette-edge.yaml:6: skip-missing' },
  });
  expect(parse(text, { command: 'demo' })).toEqual({
    dir: { texts: ['here'], origin: 'palette-edge.yaml:8: dir' },
  });
});

test('a repeatable flag takes one value, a list or an empty list', () => {
  expect(parse('plain-http: a.test')['plain-http']?.texts).toEqual(['a.test']);
  expect(parse('plain-http: []')['plain-http']?.texts).toEqual([]);
});

test.each(['', '\n', '# nothing yet\n', '---\n', '{}'])('%j sets nothing', (text) => {
  expect(parse(text)).toEqual({});
});

test('values are taken as written, not as YAML numbers', () => {
  expect(parse('concurrency: 1.10')['concurrency']?.texts).toEqual(['1.10']);
  expect(parse('concurrency: 0x10')['concurrency']?.texts).toEqual(['0x10']);
});

test('paths are those of the folder of the file', () => {
  const text =
    'ca-cert: [ca.pem, ../more/ca.pem, /etc/ca.pem]\nstore: store\noutput: "-"\nplain-http: a.test';
  const parsed = parse(text, { path: '/home/me/.config/palette-edge/palette-edge.yaml' });
  expect(parsed['ca-cert']?.texts).toEqual([
    '/home/me/.config/palette-edge/ca.pem',
    '/home/me/.config/more/ca.pem',
    '/etc/ca.pem',
  ]);
  expect(parsed['store']?.texts).toEqual(['/home/me/.config/palette-edge/store']);
  expect(parsed['output']?.texts).toEqual(['-']);
  expect(parsed['plain-http']?.texts).toEqual(['a.test']);
  expect(parse(text)['store']?.texts).toEqual(['store']);
});

describe('a file that merely lies in the working folder', () => {
  const ownFile = '/home/me/.config/palette-edge/palette-edge.yaml';
  const options = { path: 'palette-edge.yaml', command: 'build', commands };
  const guarded = [
    'palette-endpoint',
    'registries-file',
    'mirror',
    'insecure',
    'plain-http',
    'ca-cert',
    'cert-dir',
    'auth-file',
    'cred-file-path',
    'public-key',
    'require-signature',
    'advertise',
    'password-file',
    'tls-cert',
    'tls-folder',
    'tls-key',
    'add',
    'cluster-definition',
    'content',
    'definition',
    'edge-config',
    'file',
    'include-tool',
    'user-data',
  ];

  test.each(guarded)('may not set %s, for no command', (key) => {
    for (const [text, line] of [
      [`${key}: x`, 1],
      [`store: x\n${key}: []`, 2],
      [`demo:\n  dir: x\n  ${key}: x`, 3],
    ] as const) {
      const multiple = new Map(
        [...commands].map(([name, flags]) => [name, { ...flags, [key]: list }] as const),
      );
      const all = { ...options, commands: multiple };
      expect(() => parseConfigFile(text, { ...all, ownFile })).toThrow(
        expect.objectContaining({
          code: 'CONFIG_FILE_INVALID',
          kind: 'usage',
          message: expect.stringContaining(`palette-edge.yaml:${line}: ${key}: `),
          suggestions: [
            'If you trust the file, name it: --config palette-edge.yaml, or PALETTE_EDGE_CONFIG=palette-edge.yaml',
            `Or set ${key} in your own file, ${ownFile}`,
            'To go on without config files: --no-config',
          ],
        }),
      );
      expect(() => parseConfigFile(text, all)).not.toThrow();
    }
  });

  test.each(['oci://evil.test/x', 's3://evil/x'])('may set a folder for the store, not %s', (url) => {
    const all = { ...options, commands: new Map([['build', { store: { ...list, helpValue: 'DIR|URL' } }]]) };
    for (const text of [`store: ${url}`, `store: [here, "${url}"]`, `build:\n  store: ${url}`])
      expect(() => parseConfigFile(text, { ...all, ownFile })).toThrow(/store: it decides where secrets go/);
    const path = '/home/me/own.yaml';
    const { settings } = parseConfigFile(`store: [here, "${url}"]`, { ...all, path });
    expect(settings.get('store')?.texts).toEqual(['/home/me/here', url]);
  });

  test('may set the rest', () => {
    const { settings } = parseConfigFile('concurrency: 8\nstore: x', { ...options, ownFile });
    expect([...settings.keys()]).toEqual(['concurrency', 'store']);
  });
});

describe('refused, with the line, the key and what to do', () => {
  test.each([
    ['a misspelt flag', 'a:\n', /:1: "a" is no flag that can be set in a file, and no command$/],
    [
      'a misspelt flag of a section',
      'build:\n  store: x\n  concurency: 8',
      /:3: "concurency" is no flag of build/,
    ],
    ['a flag of another command in a section', 'build:\n  dir: x', /:2: "dir" is no flag of build/],
    ['a section of no command', 'biuld:\n  store: x', /:1: "biuld" is no command$/],
    ['a section of a flag', 'concurrency:\n  build: 8', /:1: "concurrency" takes no keys of its own/],
    ['a command without flags', 'build: 8', /:1: "build" is a command: expected its flags below it$/],
    ['a list for one value', 'concurrency: [1, 2]', /:1: concurrency: expected one value, not a list$/],
    ['a map in a list', 'plain-http:\n  - a.test\n  - b: c', /:3: plain-http: expected a value, not a map$/],
    ['nothing for a value', 'concurrency:', /:1: concurrency: expected a value, but there is none$/],
    ['a tilde, which YAML reads as nothing', 'store: ~', /:1: store: expected a value/],
    ['a word for a boolean', 'skip-missing: yes', /:1: skip-missing: expected true or false$/],
    ['a key that stands there twice', 'store: a\nstore: b', /:2: the key "store" stands there twice$/],
    ['a key twice in a section', 'build:\n  store: a\n  store: b', /:3: the key "store" stands there twice$/],
    ['a list', '- store', /:1: expected names of flags with their values$/],
    ['two documents', 'store: a\n---\nstore: b', /:3: it has a second document/],
    ['json', 'json: true', /:1: "json" is no flag that can be set in a file/],
    ['where the file is', 'config: other.yaml', /:1: "config" is no flag that can be set in a file/],
    ['that there is no file', 'no-config: true', /:1: "no-config" is no flag that can be set in a file/],
    ['a hidden flag', 'secret: x', /:1: "secret" is no flag that can be set in a file/],
    ['a name of every object', 'constructor: x', /:1: "constructor" is no flag that can be set in a file/],
    ['a name of every prototype', '__proto__:\n  store: x', /:1: "__proto__" is no command$/],
    ['a flag of another command, wrong', 'dir: [a]', /:1: dir: expected one value, not a list$/],
    ['what is no YAML', 'store: a\n  b: "', /:\d+:\d+: it is not valid YAML$/],
    ['a custom tag on a map', 'build: !!set {a}', /"a" is no flag of build/],
    ['an alias of itself', 'plain-http: &a [*a]', /it is not valid YAML$/],
    ['too much', `store: ${'x'.repeat(1024 * 1024)}`, /: it has more than 1048576 characters$/],
  ])('%s', (_what, text, message) => {
    const error = failure(text);
    expect(error).toMatchObject({ code: 'CONFIG_FILE_INVALID', kind: 'usage' });
    expect(error.message).toMatch(/^palette-edge\.yaml/);
    expect(error.message).toMatch(message);
    expect(error.suggestions).toContain('To go on without config files: --no-config');
  });

  test('aliases that would grow without end', () => {
    const levels = Array.from(
      { length: 20 },
      (_, level) => `l${level}: &l${level} [${`*l${level - 1},`.repeat(10)}]`,
    );
    const bomb = ['l: &l-1 [a.test]', ...levels].join('\n').replaceAll('l-1', 'z');
    expect(failure(bomb)).toMatchObject({ code: 'CONFIG_FILE_INVALID' });
  });

  test.each([
    ['plain_http: a', 'plain-http'],
    ['Concurrency: 1', 'concurrency'],
    ['build:\n  skipMissing: true', 'skip-missing'],
    ['biuld: {}', 'build'],
  ])('%j is asked whether it was meant as %s', (text, meant) => {
    expect(failure(text).suggestions).toContain(`Did you mean ${meant}?`);
  });

  test.each([
    'concurrency: [s3cret]',
    'skip-missing: s3cret',
    'store: "s3cret',
    'store: a\n- s3cret',
    'plain-http: [{s3cret: s3cret}]',
    '"unfinished: s3cret',
    'store: @s3cret',
    'store: *s3cret',
    's3cret',
  ])('nothing of a value is quoted: %j', (text) => {
    const error = failure(text);
    expect(
      JSON.stringify([error.message, error.suggestions, error.details, String(error.cause)]),
    ).not.toContain('s3cret');
  });
});
