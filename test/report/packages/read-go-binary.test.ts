import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { FileWindow } from '../../../src/report/packages/file-window.ts';
import type { Finding } from '../../../src/report/packages/found-package.ts';
import { readGoBinary } from '../../../src/report/packages/read-go-binary.ts';
import { craneProgram } from '../../support/crane.ts';
import { helmProgram } from '../../support/helm.ts';

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
  ['crane', craneProgram()],
  ['Helm', helmProgram()],
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
    expect(linesOf(await read(crafted({ modules })))).toEqual(['example.com/a v1.0.0 ', 'stdlib 1.22 ']);
  });

  test.each<[what: string, bytes: Buffer]>([
    ['the header is not where headers are aligned', crafted({ modules, at: 0x1008 })],
    ['the header lies in code', crafted({ modules, flags: 5 })],
    ['the header lies in no segment', crafted({ modules, size: 0 })],
    ['the version is longer than any', crafted({ modules, version: 'x'.repeat(300) })],
    ['there is no version', crafted({ modules, version: '' })],
    ['the texts are cut off', crafted({ modules }).subarray(0, 0x1040)],
    ['the header is cut off', crafted({ modules }).subarray(0, 0x1018)],
    ['the table of segments is cut off', crafted({ modules }).subarray(0, 80)],
    ['pointers lead nowhere', crafted({ modules, inline: 0 })],
    ['there is nothing behind the magic', Buffer.from('\u007FELF', 'latin1')],
  ])('nothing is found when %s', async (_, bytes) => {
    expect((await read(bytes))?.packages ?? []).toEqual([]);
  });

  test('a header that is only readable counts when no other does', async () => {
    expect(linesOf(await read(crafted({ modules, flags: 4 })))).toHaveLength(2);
    const both = Buffer.concat([
      crafted({ modules, flags: 4, segments: 2 }),
      crafted({ modules: '' }).subarray(0x1000),
    ]);
    expect(linesOf(await read(both))).toEqual(['stdlib 1.22 ']);
  });

  test('a length of modules that is a lie', async () => {
    const bytes = crafted({ modules });
    bytes.set([0xff, 0xff, 0xff, 0xff, 0x7f], 0x1000 + 32 + 7);
    expect(await read(bytes)).toBeUndefined();
  });
});

/** An ELF file of one segment from 0x1000 on with a header of build information in it; or of two, the second writable, of 0x1000 bytes each. */
function crafted({
  modules,
  version = 'go1.22',
  at = 0x1000,
  flags = 6,
  size = 0x1000,
  inline = 2,
  segments = 1,
}: {
  readonly modules: string;
  readonly version?: string;
  readonly at?: number;
  readonly flags?: number;
  readonly size?: number;
  readonly inline?: number;
  readonly segments?: number;
}): Buffer {
  const bytes = Buffer.alloc(0x2000);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(segments, 56);
  for (const [index, bits] of [flags, 6].slice(0, segments).entries()) {
    const entry = 64 + index * 56;
    bytes.writeUInt32LE(1, entry);
    bytes.writeUInt32LE(bits, entry + 4);
    bytes.writeBigUInt64LE(BigInt(0x1000 * (index + 1)), entry + 8);
    bytes.writeBigUInt64LE(BigInt(0x40_1000 * (index + 1)), entry + 16);
    bytes.writeBigUInt64LE(BigInt(size), entry + 32);
  }
  bytes.write('\u00FF Go buildinf:', at, 'latin1');
  bytes.set([8, inline], at + 14);
  const framed = modules === '' ? '' : `${'<'.repeat(16)}${modules}${'>'.repeat(16)}`;
  const texts = [textOf(version), textOf(framed)];
  Buffer.concat(texts).copy(bytes, at + 32);
  return bytes;
}

function textOf(text: string): Buffer {
  const { length } = text;
  const prefix = length < 128 ? [length] : [(length % 128) + 128, Math.floor(length / 128)];
  return Buffer.concat([Buffer.from(prefix), Buffer.from(text)]);
}
