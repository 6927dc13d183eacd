import { chmod, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import StoreList from '../../src/commands/store/list.ts';
import StorePrune from '../../src/commands/store/prune.ts';
import StoreVerify from '../../src/commands/store/verify.ts';
import { serializeInventory } from '../../src/bundle/inventory.ts';
import { formatByteSize } from '../../src/io/byte-size.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { newPartialPath } from '../../src/store/partial-blobs.ts';
import { noteBases } from '../../src/workflows/note-bases.ts';
import { bundleIn, layeredBundle, wordsLayer } from '../support/delta-bundles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCommand } from './run-command.ts';

const day = 24 * 60 * 60 * 1000;

test('a store is listed, verified, repaired and pruned', async () => {
  const { folder, path } = await store();
  const list = await runCommand(StoreList, ['--store', folder]);
  expect(list).toEqual({
    stdout: `${folder}
  blobs    3, 60 B
  partial  1, 3 B: gone on with by the next build
  in use   no

LAST USED            BLOBS  SIZE
in the last day      1      10 B
in the last 30 days  1      20 B
earlier              1      30 B
`,
    stderr: '',
    exitCode: 0,
  });
  expect(await runCommand(StoreVerify, ['--store', folder])).toMatchObject({
    stdout: `${folder} is whole: 3 blobs, 60 B\n`,
    exitCode: 0,
  });
  const dry = await runCommand(StorePrune, ['--store', folder, '--older-than', '60d', '--dry-run']);
  expect(dry).toEqual({
    stdout: `Would remove 1 blob from ${folder}; that frees 30 B\n  left: 2 blobs and 1 partial blob, 33 B\n`,
    stderr: '',
    exitCode: 0,
  });
  const pruned = await runCommand(StorePrune, ['--store', folder, '--max-size', '33B', '--json']);
  expect(JSON.parse(pruned.stdout)).toEqual({
    store: folder,
    isDryRun: false,
    removed: { bytes: 30, blobs: { count: 1, bytes: 30 }, partials: { count: 0, bytes: 0 } },
    needed: { bytes: 0, blobs: { count: 0, bytes: 0 }, partials: { count: 0, bytes: 0 } },
    left: { bytes: 33, blobs: { count: 2, bytes: 30 }, partials: { count: 1, bytes: 3 } },
    forgottenBases: [],
  });
  const damaged = path('b'.repeat(20));
  await chmod(damaged, 0o644);
  await writeFile(damaged, 'c');
  const repaired = await runCommand(StoreVerify, ['--store', folder, '--repair']);
  expect(repaired).toMatchObject({
    stdout: `${folder} is damaged: 1 blob of 2 blobs, 11 B
  ${digestOf('b'.repeat(20))}, 1 B: its bytes give ${digestOf('c')}; removed
The next build that needs them pulls them again.
`,
    exitCode: 5,
  });
  const { stdout } = await runCommand(StoreList, ['--store', folder, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ blobs: { count: 1, bytes: 10 }, processes: 0 });
});

test('a prune while a build runs says what stays for it', async () => {
  const { folder } = await store();
  await using used = await BlobStore.open(folder);
  await used.sizeOf(digestOf('b'.repeat(20)));
  const list = await runCommand(StoreList, ['--store', folder, '--blobs']);
  expect(list.stdout).toContain('  in use   by 1 running build\n');
  expect(list.stdout).toContain(`  3 B   ${digestOf('partial')} (partial)\n`);
  expect((await runCommand(StorePrune, ['--store', folder, '--max-size', '0'])).stdout).toBe(
    `Removed 2 blobs and 1 partial blob from ${folder}; freed 43 B
  left: 1 blob, 20 B
  of these needed by running processes, tags or bases: 1 blob, 20 B
  above --max-size by 20 B, as that is needed
`,
  );
});

test('bases that builds used are listed; a prune keeps what one needs that is named, and forgets those that it may', async () => {
  const { folder } = await store();
  const bundle = await layeredBundle({ images: [[wordsLayer(1)]] });
  const blobs = bundle.plan.inventory.blobs;
  for (const { digest } of blobs) {
    const path = join(folder, 'blobs/sha256', digestHex(digest));
    await writeFile(path, bundle.blobs.get(digest));
    await utimes(path, 0, 0);
  }
  const path = await bundleIn(await temporaryFolder(), 'base.tar.zst', bundle);
  const { id, inventory } = bundle.plan;
  const inventoryBytes = serializeInventory(inventory);
  await noteBases({ folder }, [{ path, inventory, inventoryBytes, reader: undefined }]);
  const list = await runCommand(StoreList, ['--store', folder]);
  const size = formatByteSize(blobs.reduce((sum, blob) => sum + blob.size, 0));
  expect(list.stdout).toMatch(
    new RegExp(
      `^BASE +ID +LAST USED \\(UTC\\) +BLOBS HERE +SIZE\nedge +${id} +[-0-9]+ [:0-9]+ +3 +${size}$`,
      'm',
    ),
  );
  // A use of the base is one of its blobs.
  expect(list.stdout).toMatch(/^in the last day +4 /m);
  const pruned = await runCommand(StorePrune, ['--store', folder, '--max-size', '0', '--keep-base', path]);
  expect(pruned.stdout).toContain('  of these needed by running processes, tags or bases: 3 blobs,');
  const rest = await runCommand(StorePrune, ['--store', folder, '--max-size', '0']);
  expect(rest.stdout).toContain(`\n  forgot the base edge, id ${id}\n`);
  const missing = ['--store', folder, '--max-size', '0', '--keep-base', `${path}.none`];
  expect(await runCommand(StorePrune, missing)).toMatchObject({ exitCode: 4 });
});

test.each([
  [[], 'PRUNE_LIMIT_MISSING', 'nothing says what is to be removed: expected --max-size or --older-than'],
  [['--max-size', '3G'], 'PRUNE_LIMIT_INVALID', '--max-size "3G": expected a size'],
  [['--older-than', 'a month'], 'PRUNE_LIMIT_INVALID', '--older-than "a month": expected an age'],
])('prune %j is refused', async (flags, code, message) => {
  const { folder } = await store();
  const { stdout, exitCode } = await runCommand(StorePrune, ['--store', folder, ...flags, '--json']);
  expect(exitCode).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code, message } });
});

test.each([StoreList, StoreVerify])('%o of no store says so', async (command) => {
  const folder = join(await temporaryFolder(), 'none');
  const { stderr, exitCode } = await runCommand(command, ['--store', folder]);
  expect(stderr).toContain(`opening the store ${folder} failed: there is no such folder`);
  expect(exitCode).toBe(4);
});

async function store() {
  const folder = join(await temporaryFolder(), 'store');
  await BlobStore.open(folder);
  const path = (text: string) => join(folder, 'blobs/sha256', digestHex(digestOf(text)));
  const ages: [text: string, days: number][] = [
    ['a'.repeat(10), 0],
    ['b'.repeat(20), 20],
    ['d'.repeat(30), 100],
  ];
  for (const [text, days] of ages) {
    await writeFile(path(text), text);
    const time = new Date(Date.now() - days * day);
    await utimes(path(text), time, time);
  }
  await writeFile(newPartialPath(folder, digestOf('partial')), 'par');
  return { folder, path };
}
