import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { encodePartsList } from '../../src/bundle/parts-list.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { craftBundle, craftHead, describedFile, tarOf } from '../fuzz/crafted-bundle.ts';
import type { HeadChanges } from '../fuzz/crafted-bundle.ts';
import { replaceBlob } from '../fuzz/replace-blob.ts';
import { runCli } from '../support/run-cli.ts';
import { sampleBundle } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const sample = await sampleBundle();
const { head, tail } = await tarOf(sample);

/** Everything that moves, colours or turns around what a terminal shows. */
const steering = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

function withHead(changes: HeadChanges): Buffer {
  return craftBundle({ head: craftHead(sample, changes), tail });
}

/** Commands that read a bundle, each as it would do most with it; what they name is not there. */
const commands: readonly (readonly [string, readonly string[]])[] = [
  ['inspect', ['inspect', 'hostile.tar.zst']],
  ['verify', ['verify', 'hostile.tar.zst']],
  ['extract', ['extract', 'hostile.tar.zst', '--all', 'target']],
  ['serve', ['serve', 'hostile.tar.zst', '--listen', '127.0.0.1:0']],
  ['push', ['push', 'hostile.tar.zst', '127.0.0.1:1', '--plain-http', '127.0.0.1']],
];

const evil = { path: 'palette-edge/evil', bytes: Buffer.from('evil') };
const hostile: readonly (readonly [string, Buffer])[] = [
  [
    'a path that climbs',
    withHead({
      inventory: ({ files }) => void files.push({ ...describedFile(evil), path: '../evil' }),
      entries: (entries) => [...entries, evil],
    }),
  ],
  [
    'escapes as its name',
    withHead({ inventory: (document) => void (document['name'] = '\u001B[2J\u009B31m') }),
  ],
  [
    'escapes as its version',
    withHead({ inventory: (document) => void (document['formatVersion'] = '\u009B2J\u202E') }),
  ],
  ['a cut end', sample.bytes.subarray(0, -1)],
];

describe.each(hostile)('%s', (_, bytes) => {
  test.each(commands)('is refused by %s, in plain words, and nothing is left', async (__, args) => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'hostile.tar.zst'), bytes);
    const { code, stdout, stderr } = await runCli(args, { cwd });
    expect(code).toBe(5);
    expect(`${stdout}${stderr}`).not.toMatch(steering);
    expect(stderr).toMatch(/is damaged|is not valid|is not a|needed|reads format versions/);
    expect((await readdir(cwd)).filter((name) => name !== 'cache')).toEqual(['hostile.tar.zst']);
  });
});

describe('a manifest full of escapes', () => {
  const { digest } = sample.plan.inventory.images.at(0)!;
  const manifest = JSON.stringify({ mediaType: 'a\u009B31m\u202Eb\u001B[2J' });
  const bytes = replaceBlob(sample, digest, { bytes: Buffer.from(manifest) });
  test.each([[[]], [['--json']]])('is told of by verify %j in plain words', async (flags) => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'hostile.tar.zst'), bytes);
    const { code, stdout, stderr } = await runCli(['verify', 'hostile.tar.zst', ...flags], { cwd });
    expect(code).toBe(5);
    expect(stdout).toContain('media type');
    expect(`${stdout}${stderr}`).not.toMatch(steering);
  });
});

describe('a parts list that lies', () => {
  const half = Math.floor(sample.bytes.length / 2);
  const parts = [sample.bytes.subarray(0, half), sample.bytes.subarray(half)];
  const described = (name: string, content: Uint8Array) => ({
    name,
    size: content.length,
    sha256: digestHex(digestOf(content)),
  });
  const list = {
    tool: { name: 'palette-edge', version: '1.0.0' },
    bundle: { ...described('b.tar.zst', sample.bytes), id: sample.plan.id },
    parts: parts.map((content, index) => described(`b.tar.zst.part0${index}`, content)),
  };
  const text = encodePartsList(list);
  test.each([
    ['the name of a part outside', text.replace('b.tar.zst.part00', '../outside')],
    ['escapes as a name', text.replace('b.tar.zst.part00', String.raw`\u001b[2J\u009b31m`)],
    ['a sum of something else', text.replace(list.parts.at(1)!.sha256, '0'.repeat(64))],
  ])('%s', async (_, lie) => {
    const cwd = await temporaryFolder();
    for (const [index, content] of parts.entries())
      await writeFile(join(cwd, `b.tar.zst.part0${index}`), content);
    await writeFile(join(cwd, 'b.tar.zst.parts.json'), lie);
    const { code, stdout, stderr } = await runCli(['verify', 'b.tar.zst.parts.json'], { cwd });
    expect(code).toBe(5);
    expect(`${stdout}${stderr}`).not.toMatch(steering);
  });
});

test('the bundle that all of these are made of is taken', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'hostile.tar.zst'), craftBundle({ head, tail }));
  for (const name of ['inspect', 'verify', 'extract']) {
    const args = commands.find(([command]) => command === name)?.[1] ?? [];
    expect(await runCli(args, { cwd })).toMatchObject({ code: 0 });
  }
});
