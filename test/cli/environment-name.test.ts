import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Config } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { expect, test } from 'vitest';

import { environmentName, isConfigurable } from '../../src/cli/environment-name.ts';
import { cliEntry, compiledBefore } from '../support/cli-entry.ts';
import { helpOfEach } from '../support/help-of-each.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What oclif itself reads from the environment, behind `PALETTE_EDGE_`. */
const takenByOclif = [
  [
    'BINPATH',
    'CACHE_DIR',
    'CONFIG_DIR',
    'CONTENT_TYPE',
    'DATA_DIR',
    'DEBUG',
    'DISABLE_THEME',
    'NPM_REGISTRY',
  ],
  [
    'NPM_REGISTRY',
    'OCLIF_CLIENT_HOME',
    'REDIRECTED',
    'S3_HOST',
    'SHELL',
    'THEME_FILE',
    'UPDATE_INSTRUCTIONS',
  ],
].flat();

async function allCommands(): Promise<Config['commands']> {
  const pjson: Interfaces.PJSON = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  pjson.oclif.commands = './src/commands';
  const config = await Config.load({
    root,
    pjson,
    ignoreManifest: true,
    devPlugins: false,
    userPlugins: false,
  });
  return config.commands;
}

/** Flags that are given by hand only. */
const typedOnly: ReadonlySet<string> = new Set([
  'json',
  'help',
  'version',
  'yes',
  'force',
  'not-removable',
  'encrypt',
  'encrypt-passphrase',
]);

test('every flag of every command has a variable of its own, that oclif does not read', async () => {
  const commands = await allCommands();
  expect(commands.map(({ id }) => id)).toEqual(expect.arrayContaining(['build', 'demo', 'login', 'verify']));
  for (const { id, flags } of commands) {
    const names = Object.keys(flags).filter((name) => !typedOnly.has(name));
    expect(names).toContain('config');
    const variables = names
      .filter((name) => flags[name]?.hidden !== true)
      .map((name) => environmentName({ name, hidden: flags[name]?.hidden }));
    const odd = variables.filter((name) => !/^PALETTE_EDGE_[A-Z0-9]+(?:_[A-Z0-9]+)*$/.test(name ?? ''));
    const taken = takenByOclif.filter((name) => variables.includes(`PALETTE_EDGE_${name}`));
    const different = new Set(variables).size;
    expect({ id, odd, taken, different }).toEqual({ id, odd: [], taken: [], different: variables.length });
  }
});

test('a flag with the name of a command takes a value, where the command is a section: a config file tells them apart', async () => {
  const commands = await allCommands();
  const ids = new Set(commands.map(({ id }) => id));
  const named = commands.flatMap(({ flags }) =>
    Object.entries(flags).filter(([name]) => ids.has(name) && isConfigurable({ name })),
  );
  expect(named.map(([name, { type }]) => ({ name, type }))).toEqual([
    { name: 'squeeze', type: 'option' },
    { name: 'diff', type: 'option' },
  ]);
});

test('flags that name files and folders say so in their help: config files go by that for relative paths', async () => {
  const named = /(?:^|-)(?:file|dir|path|folder|cert|store|output|profile|manifest|config)$/;
  const flags = (await allCommands()).flatMap(({ id, flags: own }) =>
    // A file of a bundle is no path on this machine.
    Object.entries(own).filter(([name]) => `${id} ${name}` !== 'extract file'),
  );
  const paths = flags.filter(
    ([name, flag]) => flag.type === 'option' && flag.options === undefined && named.test(name),
  );
  expect(paths.map(([name]) => name)).toEqual(
    expect.arrayContaining(['ca-cert', 'store', 'auth-file', 'dir']),
  );
  const unclear = paths.filter(([, flag]) => flag.type !== 'option' || !isPathLike(String(flag.helpValue)));
  expect(unclear.map(([name]) => name)).toEqual([]);
});

/** What may be a name just as well is not taken for a path. */
function isPathLike(helpValue: string): boolean {
  return /^(?:FILE|DIR|DIR\|URL|FOLDER|PATH(?:\[:NAME\])?|NAME\|FILE\|UID)$/.test(helpValue);
}

test('the help of each command shows the variable of each of its flags', async () => {
  const commands = await allCommands();
  const words = commands.map(({ id }) => id.split(':'));
  const env = { PATH: process.env['PATH'], HOME: await temporaryFolder(), COLUMNS: '400', ...compiledBefore };
  const helps = await helpOfEach(words, { entry: cliEntry, env });
  expect(helps).toHaveLength(commands.length);
  for (const [index, { id, flags }] of commands.entries()) {
    const text = (helps[index] ?? '').replaceAll(/\s+/g, ' ');
    const variables = Object.entries(flags).map(([name, { hidden }]) => environmentName({ name, hidden }));
    const missing = variables.filter((name) => name !== undefined && !text.includes(`env: ${name}]`));
    expect({ id, missing }).toEqual({ id, missing: [] });
    expect(text).not.toContain('PALETTE_EDGE_JSON');
  }
});

test('flags that only make sense where they are typed have no variable', () => {
  expect(environmentName({ name: 'ca-cert' })).toBe('PALETTE_EDGE_CA_CERT');
  for (const name of ['json', 'help', 'version']) expect(environmentName({ name })).toBeUndefined();
  expect(environmentName({ name: 'trial', hidden: true })).toBeUndefined();
  expect(environmentName({ name: 'config' })).toBe('PALETTE_EDGE_CONFIG');
});

test.each([
  ['ca-cert', true],
  ['json', false],
  ['config', false],
  ['no-config', false],
])('a config file may set %s: %s', (name, expected) => {
  expect(isConfigurable({ name })).toBe(expected);
});
