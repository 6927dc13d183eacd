import { execFile } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

import { writeIso } from '../../src/iso/iso-writer.ts';
import { requireTool } from '../support/required-tools.ts';
import { openFirst, openIso } from '../support/sample-iso.ts';

const run = promisify(execFile);
const { signal } = new AbortController();

test('a file of more than 4 GiB is there as a whole, to us and to others', async () => {
  // The source is sparse; the image is not: xorriso writes every zero.
  const folder = await mkdtemp(join(tmpdir(), 'palette-edge-large-'));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  const source = join(folder, 'large');
  const size = 4 * 2 ** 30 + 4097;
  await writeFile(source, 'beginning');
  await truncate(source, size);
  const path = join(folder, 'large.iso');
  let written = 0;
  await writeIso([{ path: 'large', source, size }], {
    label: 'COS_CONTENT',
    path,
    xorriso: requireTool('xorriso'),
    signal,
    onBytes: (count) => {
      written += count;
    },
  });
  expect(written).toBeGreaterThan(2 ** 30);
  const image = await openIso(path);
  expect(image.files).toMatchObject([{ path: 'large', size }]);
  const access = openFirst(image);
  expect(Buffer.from(await access.read(0, 9)).toString()).toBe('beginning');
  // Across the border of its two extents, and to its end.
  expect(await access.read(4 * 2 ** 30 - 4096, 4096 + 4097)).toHaveLength(8193);
  const { stdout } = await run(requireTool('bsdtar'), ['-tvf', path]);
  expect(stdout).toContain(String(size));
}, 120_000);
