import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { writeAll } from '../../src/io/write-all.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('bytes go on after the last write, or to their position', async () => {
  const path = join(await temporaryFolder(), 'file');
  const file = await open(path, 'w');
  await writeAll(file, Buffer.from('one '));
  await writeAll(file, Buffer.from('two'));
  await writeAll(file, Buffer.from('ONE'), 0);
  await writeAll(file, Buffer.alloc(0));
  await file.close();
  expect(await readFile(path, 'utf8')).toBe('ONE two');
});
