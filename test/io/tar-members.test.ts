import { buffer } from 'node:stream/consumers';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, linkSync, writeFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

import { pack } from 'tar-stream';
import type { Header } from 'tar-stream';
import { describe, expect, test } from 'vitest';

import { tarMembers } from '../../src/io/tar-members.ts';
import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Pieces of odd lengths, so that nothing lies where blocks do. */
function* piecesOf(tar: Uint8Array, length = 333): Generator<Uint8Array> {
  for (let at = 0; at < tar.length; at += length) yield tar.subarray(at, at + length);
}

async function* streamOf(tar: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of piecesOf(tar)) yield await Promise.resolve(piece);
}

/** A line for each member: kind, path, what it names, and its content. */
async function list(tar: AsyncIterable<Uint8Array>): Promise<string[]> {
  const lines: string[] = [];
  for await (const member of tarMembers(tar)) {
    const { kind, path, link, size } = member;
    const content = await member.take(size);
    lines.push(
      [kind, path, link, content.length > 30 ? content.length : content.toString()].filter(Boolean).join(' '),
    );
  }
  return lines;
}

async function tarOf(
  ...entries: readonly (readonly [header: Partial<Header> & { readonly name: string }, content?: string])[]
): Promise<Buffer> {
  const tar = pack();
  for (const [header, content] of entries) tar.entry(header, content ?? '');
  tar.finalize();
  return await buffer(tar);
}

describe('what GNU tar writes is read', () => {
  test.each(['gnu', 'pax', 'ustar', 'v7', 'oldgnu'])('as %s', async (format) => {
    const folder = await temporaryFolder();
    const long = format === 'v7' ? 'short' : `${'l'.repeat(60)}/${'m'.repeat(60)}`;
    mkdirSync(join(folder, 'in', long), { recursive: true });
    writeFileSync(join(folder, 'in', long, 'file'), 'hello');
    writeFileSync(join(folder, 'in', 'blocks'), 'x'.repeat(1024));
    symlinkSync(`${long}/file`.slice(0, 99), join(folder, 'in', 'soft'));
    linkSync(join(folder, 'in', 'blocks'), join(folder, 'in', 'zhard'));
    const options = [`--format=${format}`, '--sort=name', '-C', folder, '-cf', '-', 'in'];
    const tar = execFileSync(requireTool('tar'), options);
    const folders = format === 'v7' ? ['in/short/'] : [`in/${'l'.repeat(60)}/`, `in/${long}/`];
    expect(await list(streamOf(tar))).toEqual([
      'folder in/',
      'file in/blocks 1024',
      ...folders.slice(0, 1).map((each) => `folder ${each}`),
      ...folders.slice(1).map((each) => `folder ${each}`),
      `file in/${long}/file hello`,
      `symbolicLink in/soft ${`${long}/file`.slice(0, 99)}`,
      'hardLink in/zhard in/blocks',
    ]);
  });

  test.each(['gnu', 'pax'])(
    'with holes, as %s: told to be sparse, and what follows is found',
    async (format) => {
      const folder = await temporaryFolder();
      const sparse = join(folder, 'a');
      // So many pieces that the map does not fit into its header.
      for (let hole = 1; hole <= 60; hole += 1) {
        writeFileSync(sparse, 'x'.repeat(4096), { flag: 'a' });
        truncateSync(sparse, hole * 131_072);
      }
      writeFileSync(join(folder, 'b'), 'behind');
      const tar = execFileSync(requireTool('tar'), [
        `--format=${format}`,
        '-S',
        '-C',
        folder,
        '-cf',
        '-',
        'a',
        'b',
      ]);
      const [first, second] = await list(streamOf(tar));
      expect(first).toMatch(/^sparse a \d+$/);
      expect(second).toBe('file b behind');
    },
  );
});

test('a long name of a link, and other kinds', async () => {
  const long = 'n'.repeat(200);
  const tar = await tarOf(
    [{ name: long, type: 'symlink', linkname: `${long}/x` }],
    [{ name: 'dev', type: 'character-device' }],
    [{ name: 'old/', type: 'file' }],
    [{ name: '../../etc/passwd' }, 'climbs'],
  );
  expect(await list(streamOf(tar))).toEqual([
    `symbolicLink ${long} ${long}/x`,
    'other dev',
    'folder old/',
    'file ../../etc/passwd climbs',
  ]);
});

test('content that is not read, or read in part, is passed over', async () => {
  const tar = await tarOf(
    [{ name: 'a' }, 'x'.repeat(5000)],
    [{ name: 'b' }, 'y'.repeat(5000)],
    [{ name: 'c' }, 'z'],
  );
  const seen: string[] = [];
  for await (const member of tarMembers(streamOf(tar))) {
    seen.push(member.path);
    if (member.path === 'b') {
      seen.push(String(await member.take(3)));
      for await (const piece of member.pieces()) {
        seen.push(String(piece.length));
        break;
      }
    }
  }
  expect(seen).toEqual(['a', 'b', 'yyy', expect.stringMatching(/^\d+$/), 'c']);
});

test('the stream is read to its end, and closed when nobody reads on', async () => {
  const tar = Buffer.concat([await tarOf([{ name: 'a' }, '1'], [{ name: 'b' }, '2']), Buffer.alloc(10_000)]);
  let [pieces, isClosed] = [0, false];
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const piece of streamOf(tar)) {
        pieces += 1;
        yield piece;
      }
    } finally {
      isClosed = true;
    }
  }
  await list(counted());
  expect(pieces).toBe([...piecesOf(tar)].length);
  isClosed = false;
  for await (const _ of tarMembers(counted())) break;
  expect(isClosed).toBe(true);
});

describe('refused is', () => {
  test.each([
    ['a header that is cut off', (tar: Buffer) => tar.subarray(0, 1200), 'it is cut off'],
    ['content that is cut off', (tar: Buffer) => tar.subarray(0, 515), 'it is cut off'],
    [
      'a header whose sum is wrong',
      (tar: Buffer) => Buffer.concat([Buffer.from('!'), tar.subarray(1)]),
      'it has a damaged header',
    ],
  ])('%s', async (_, damage, message) => {
    const tar = await tarOf([{ name: 'a' }, 'content'], [{ name: 'b' }, 'x']);
    await expect(list(streamOf(damage(tar)))).rejects.toThrow(message);
  });

  test('an extension that is longer than any', async () => {
    const tar = await tarOf([{ name: 'a', pax: { comment: 'x'.repeat(70_000) } }, 'x']);
    await expect(list(streamOf(tar))).rejects.toThrow('it has a header that is too large');
  });
});

test('an empty stream has no members', async () => {
  expect(await list(streamOf(Buffer.alloc(0)))).toEqual([]);
});
