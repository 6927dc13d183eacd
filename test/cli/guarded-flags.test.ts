import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { parseConfigFile } from '../../src/cli/config-file.ts';
import type { KnownFlag } from '../../src/cli/config-file.ts';
import { isConfigurable } from '../../src/cli/environment-name.ts';

/** Flags with a path that a file that merely lies in the working folder may set: none has files of this machine go anywhere. */
const harmless = [
  // Where to, of what is no secret.
  'all',
  'config-folder',
  'dir',
  'into',
  'iso-path',
  'out',
  'output',
  'store',
  'write',
  // What images, charts and profiles to take: no more of these files than that is carried. Of a base even less is.
  'base',
  'check',
  'diff',
  'exclude-profile',
  'existing-bundle',
  'image',
  'images-file',
  'manifest',
  'profile',
  // Of what is kept nothing goes anywhere; a bundle of a fleet is no path.
  'keep-base',
  'only',
  // Keys from elsewhere tell whether it is one.
  'signature',
];

test('each flag that names a file is guarded, or known to be harmless', async () => {
  const flags = await pathFlags();
  const settable = [...flags.keys()].filter((name) => isSettable(name, flags));
  expect(settable.toSorted()).toEqual(harmless.toSorted());
  expect(flags.size).toBeGreaterThan(harmless.length + 10);
});

function isSettable(name: string, flags: ReadonlyMap<string, KnownFlag>): boolean {
  try {
    const commands = new Map([['build', Object.fromEntries(flags)]]);
    parseConfigFile(`${name}: x`, { path: 'p.yaml', command: 'build', commands, ownFile: 'own.yaml' });
    return true;
  } catch {
    return false;
  }
}

/** Those of all commands that can be set in a config file, as their documents have them. */
async function pathFlags(): Promise<ReadonlyMap<string, KnownFlag>> {
  const folder = fileURLToPath(new URL('../../docs/commands', import.meta.url));
  const found = new Map<string, KnownFlag>();
  for (const document of await readdir(folder)) {
    const text = await readFile(join(folder, document), 'utf8');
    for (const [, name = '', value = ''] of text.matchAll(/--([a-z-]+) ([^\s`]+)/g)) {
      const isPath = /^(?:BUNDLE|DIR|FILE|FOLDER|PATH(?:\[:NAME\])?)\b|\|(?:FILE|FOLDER)\b/.test(value);
      if (isPath && isConfigurable({ name })) found.set(name, { type: 'option' });
    }
  }
  return found;
}
