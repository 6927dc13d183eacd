import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { FileWindow } from '../../../src/report/packages/file-window.ts';
import type { Finding } from '../../../src/report/packages/found-package.ts';
import { readGoBinary } from '../../../src/report/packages/read-go-binary.ts';
import { goElf } from '../../support/go-elf.ts';
import { goProgram } from '../../support/go-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'palette-edge-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  // Of a length that puts headers across two of them.
  for (let at = 0; at < bytes.length; at += 65_537)
    yield await Promise.resolve(bytes.subarray(at, at + 65_537));
}

async function read(bytes: Uint8Array, limit = 256 * 1024 * 1024): Promise<Finding | undefined> {
  return await readGoBinary(piecesOf(bytes), new FileWindow(limit));
}

/** `PATH VERSION SUM` of each module, without a version when Go calls it `(devel)`, and of Go itself. */
function modulesOf(file: string): string[] {
  const [first = '', ...lines] = execFileSync('go', ['version', '-m', file], { encoding: 'utf8' }).split(
    '\n',
  );
  const modules: string[] = [];
  for (const line of lines) {
    const [, kind = '', ...fields] = line.split('\t');
    // What replaces a module stands below it.
    if (kind === '=>') modules.pop();
    if (['mod', 'dep', '=>'].includes(kind)) modules.push([...fields, ''].slice(0, 3).join(' '));
  }
  const own = `stdlib ${/: go([\w.]+)/.exec(first)?.[1]} `;
  return [...modules.map((each) => each.replace('(devel)', '')), own].toSorted();
}

function linesOf(finding: Finding | undefined): string[] {
  expect(finding?.problems ?? []).toEqual([]);
  const lines = (finding?.packages ?? []).map(({ name, version, goSum = '' }) =>
    [name, version, goSum].join(' '),
  );
  return lines.toSorted();
}

test.each([
  ['crane', goProgram('crane')],
  ['Helm', goProgram('helm')],
])('%s has the modules that go version lists', async (_, program) => {
  const file = program.includes('/')
    ? program
    : execFileSync('which', [program], { encoding: 'utf8' }).trim();
  const finding = await read(readFileSync(file));
  const modules = modulesOf(file);
  expect(modules.length).toBeGreaterThan(10);
  expect(linesOf(finding)).toEqual(modules);
  expect(finding?.packages.at(0)?.requires).toHaveLength(modules.length - 1);
});

describe('of every machine and kind of program', () => {
  const source = join(folder, 'program');
  mkdirSync(source);
  writeFileSync(join(source, 'go.mod'), 'module example.com/tiny\ngo 1.21\n');
  writeFileSync(join(source, 'main.go'), 'package main\nfunc main() { println("x") }\n');

  test.each([
    ['amd64', {}, []],
    ['i386', { GOARCH: '386' }, []],
    ['big endian', { GOARCH: 's390x' }, []],
    ['stripped', { GOARCH: 'arm64' }, ['-ldflags=-s -w']],
    ['at any address', {}, ['-buildmode=pie']],
  ])('%s', async (name, env, flags) => {
    const file = join(folder, name);
    execFileSync('go', ['build', ...flags, '-o', file, '.'], {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', ...env },
    });
    const bytes = readFileSync(file);
    expect(linesOf(await read(bytes))).toEqual(modulesOf(file));
    expect(linesOf(await read(bytes))).toContain('example.com/tiny  ');
    // With room for little of it: what Go writes today is found as it goes by.
    expect(linesOf(await read(bytes, 300_000))).toEqual(modulesOf(file));
  });
});

describe('what Go wrote before 1.18', () => {
  const root = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
  const testdata = join(root, 'src/debug/buildinfo/testdata/go117/go117.base64');
  const bytes = Buffer.from(readFileSync(testdata, 'latin1'), 'base64');

  test('is where pointers lead', async () => {
    expect(linesOf(await read(bytes))).toEqual(['example.com/go117  ', 'stdlib 1.17 ']);
  });

  test('is told to be lost of a program that is too large', async () => {
    expect(await read(bytes, 1_000_000)).toEqual({
      packages: [],
      problems: [
        'is too large for what Go before 1.18 wrote of how it was built; its modules are not listed',
      ],
    });
  });
});

describe('a program that is none of Go, or damaged', () => {
  const modules = 'path\texample.com/a\nmod\texample.com/a\tv1.0.0\t\n';

  test('Go has nothing to do with this one', async () => {
    expect(await read(readFileSync('/bin/ls'))).toBeUndefined();
  });

  test('is read when it is well', async () => {
    expect(linesOf(await read(goElf({ modules })))).toEqual(['example.com/a v1.0.0 ', 'stdlib 1.22 ']);
  });

  test('is read by its pointers when it is well', async () => {
    const bytes = goElf({ modules, inline: 0, hasPointers: true });
    expect(linesOf(await read(bytes))).toEqual(['example.com/a v1.0.0 ', 'stdlib 1.22 ']);
  });

  test.each<[what: string, bytes: Buffer]>([
    ['the header is not where headers are aligned', goElf({ modules, at: 0x1008 })],
    ['the header lies in code', goElf({ modules, flags: 5 })],
    ['the header lies in no segment', goElf({ modules, size: 0 })],
    ['the version is longer than any', goElf({ modules, version: 'x'.repeat(300) })],
    ['there is no version', goElf({ modules, version: '' })],
    ['the texts are cut off', goElf({ modules }).subarray(0, 0x1040)],
    ['the header is cut off', goElf({ modules }).subarray(0, 0x1018)],
    ['the table of segments is cut off', goElf({ modules }).subarray(0, 80)],
    ['pointers lead nowhere', goElf({ modules, inline: 0 })],
    ['there is nothing behind the magic', Buffer.from('\u007FELF', 'latin1')],
  ])('nothing is found when %s', async (_, bytes) => {
    expect((await read(bytes))?.packages ?? []).toEqual([]);
  });

  test('a header that is only readable counts when no other does', async () => {
    expect(linesOf(await read(goElf({ modules, flags: 4 })))).toHaveLength(2);
    const both = Buffer.concat([
      goElf({ modules, flags: 4, segments: 2 }),
      goElf({ modules: '' }).subarray(0x1000),
    ]);
    expect(linesOf(await read(both))).toEqual(['stdlib 1.22 ']);
  });

  test('a length of modules that is a lie', async () => {
    const bytes = goElf({ modules });
    bytes.set([0xff, 0xff, 0xff, 0xff, 0x7f], 0x1000 + 32 + 7);
    expect(await read(bytes)).toBeUndefined();
  });
});
