import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { expect, test } from 'vitest';

import { discoverySources, findProgram } from '../../src/cli/discovery-flags.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('the first file that can be run; folders, other files and relative places are passed over', async () => {
  const folder = await temporaryFolder();
  const [one, two, three] = [join(folder, 'one'), join(folder, 'two'), join(folder, 'three')] as const;
  await mkdir(join(one, 'helm'), { recursive: true });
  for (const place of [two, three]) {
    await mkdir(place);
    await writeFile(join(place, 'helm'), '');
  }
  await chmod(join(two, 'helm'), 0o644);
  await chmod(join(three, 'helm'), 0o755);
  const path = [one, '', '.', two, three].join(delimiter);
  expect(findProgram('helm', path)).toBe(join(three, 'helm'));
  expect(findProgram('other', path)).toBeUndefined();
  expect(findProgram('helm', undefined)).toBeUndefined();
});

test('flags become sources', () => {
  const sources = discoverySources({ 'include-discovered': true, strict: false });
  expect(sources).toMatchObject({ discovery: { isIncluded: true }, isStrict: false });
});
