import { expect, test } from 'vitest';

import { createPatchWriter } from '../../src/delta/patch-writer.ts';
import {
  applied,
  noise,
  oldTar,
  patchOf,
  programLike,
  seededRandom,
  tarOfMembers,
  type Member,
  type Random,
} from './delta-inputs.ts';

const none = Buffer.alloc(0);

test('equal tars need no bytes but the commands', async () => {
  const tar = await tarOfMembers(someMembers(seededRandom(1), 20));
  const { bytes, summary } = patchOf([tar], tar);
  expect(await applied(bytes, [tar], tar.length)).toEqual(tar);
  expect(summary).toMatchObject({ copied: tar.length, changed: 0, inserted: 0, patch: bytes.length });
  expect(bytes.length).toBeLessThan(40);
});

test('empty tars, old and new, are described', async () => {
  const tar = noise(seededRandom(2), 1000);
  for (const [olds, target] of [
    [[], none],
    [[], tar],
    [[none], tar],
    [[tar], none],
    [[none, none], none],
    [[Buffer.from('x')], tar],
  ] as const) {
    expect(await applied(patchOf(olds, target).bytes, olds, target.length)).toEqual(target);
  }
});

test('a tar that is like nothing is hardly larger as a patch', async () => {
  const random = seededRandom(3);
  const [old, tar] = [noise(random, 400_000), noise(random, 300_000)];
  const { bytes, summary } = patchOf([old], tar);
  expect(summary.inserted).toBe(tar.length);
  expect(bytes.length).toBeLessThan(tar.length * 1.001);
  expect(await applied(bytes, [old], tar.length)).toEqual(tar);
});

test('moved addresses of a program are differences, not new bytes', async () => {
  const tarWith = async (shift: number): Promise<Buffer> =>
    await tarOfMembers([{ name: 'usr/bin/program', content: programLike(seededRandom(4), 400_000, shift) }]);
  const [old, tar] = [await tarWith(0), await tarWith(0x120)];
  const { bytes, summary } = patchOf([old], tar);
  expect(summary.inserted).toBeLessThan(100);
  expect(summary.changed).toBeGreaterThan(30_000);
  expect(await applied(bytes, [old], tar.length)).toEqual(tar);
});

test.for(Array.from({ length: 60 }, (_, seed) => seed))(
  'random edits of a tar come back (seed %i)',
  async (seed) => {
    const random = seededRandom(100 + seed);
    const members = someMembers(random, 3 + random(12));
    const old = await tarOfMembers(members);
    const tar = await tarOfMembers(edited(members, random));
    const cut = random(4) === 0 ? tar.subarray(0, random(tar.length)) : tar;
    const { bytes, summary } = patchOf([old], cut, () => 1 + random(40_000));
    expect((await applied(bytes, [old], cut.length)).equals(cut)).toBe(true);
    expect(summary.copied + summary.changed + summary.inserted).toBe(cut.length);
    expect(bytes.length).toBeLessThan(cut.length * 1.001 + 64);
  },
);

test('files that moved, were renamed or lie in another old tar are found', async () => {
  const random = seededRandom(5);
  const library = noise(random, 60_000);
  const settings = noise(random, 5000);
  const data = noise(random, 90_000);
  const text = noise(random, 1500);
  const first = await tarOfMembers([
    { name: 'opt/a-1.2.so', content: library },
    { name: 'etc/b', content: settings },
  ]);
  const second = await tarOfMembers([
    { name: 'srv/c', content: data },
    { name: 'usr/share/doc/x/copyright', content: text },
  ]);
  const tar = await tarOfMembers([
    { name: 'var/elsewhere', content: data },
    { name: 'usr/share/doc/y/copyright', content: text },
    { name: 'opt/a-1.3.so', content: library },
    { name: 'moved/b', content: settings },
  ]);
  const { bytes, summary } = patchOf([first, none, second], tar);
  expect(summary.inserted + summary.changed).toBeLessThan(4 * 200);
  expect(await applied(bytes, [first, none, second], tar.length)).toEqual(tar);
});

test('a tar of several sections is described, whatever pieces it comes in', async () => {
  const random = seededRandom(6);
  // Larger than what is compared at once, so that only a part of the old file is looked at.
  const large = Buffer.concat(Array.from({ length: 9 }, () => noise(random, 1_000_000)));
  const changed = Buffer.concat([noise(random, 70_000), large, large.subarray(0, 2_000_000)]);
  changed.fill(1, 8_300_000, 8_300_100);
  const old = await tarOfMembers([{ name: 'large', content: large }, ...someMembers(random, 3)]);
  const tar = await tarOfMembers([...someMembers(random, 3), { name: 'large', content: changed }]);
  const { bytes, summary } = patchOf([old], tar);
  expect(summary.inserted).toBeLessThan(1_500_000);
  expect((await applied(bytes, [old], tar.length)).equals(tar)).toBe(true);
  for (const nextSize of [() => tar.length, () => 1 + random(3_000_000)]) {
    expect(patchOf([old], tar, nextSize).bytes.equals(bytes)).toBe(true);
  }
});

test('bytes that are no tar are described all the same', async () => {
  const old = noise(seededRandom(7), 200_000);
  const target = Buffer.concat([old.subarray(150_001), Buffer.from('between'), old.subarray(0, 90_000)]);
  const { bytes, summary } = patchOf([old], target);
  expect(summary.inserted).toBeLessThan(50);
  expect(await applied(bytes, [old], target.length)).toEqual(target);
});

test('copies never reach from one old tar into the next', async () => {
  const old = noise(seededRandom(8), 100_000);
  const olds = [0, 33_333, 33_337, 70_000, 100_000].map((end, at, ends) =>
    old.subarray(ends[at - 1] ?? 0, end),
  );
  const { bytes, summary } = patchOf(olds, old);
  expect(summary.inserted).toBeLessThan(20);
  expect(await applied(bytes, olds, old.length)).toEqual(old);
});

test('an old tar that ends too early is named', () => {
  const short = { ...oldTar(Buffer.alloc(100)), size: 101 };
  expect(() => createPatchWriter([short], () => undefined)).toThrow(
    expect.objectContaining({ code: 'OLD_TAR_TOO_SHORT' }),
  );
});

test('more old tars than a patch can name are refused', () => {
  const olds = Array.from({ length: 256 }, () => oldTar(none));
  expect(() => createPatchWriter(olds, () => undefined)).toThrow(RangeError);
});

function someMembers(random: Random, count: number): readonly Member[] {
  return Array.from({ length: count }, (_, number) => {
    const size = random(5) === 0 ? 0 : random(40_000);
    const content =
      random(2) === 0 ? noise(random, size) : programLike(seededRandom(number), size, random(3) * 64);
    // Every third name is too long for a ustar header.
    const folder = number % 3 === 0 ? 'a-long-name/'.repeat(25) : 'usr/lib/';
    return { name: `${folder}file-${number}.${random(3)}`, content };
  });
}

/** Some of the members as they are, others inserted into, cut, changed, renamed, moved, left out, or doubled. */
function edited(members: readonly Member[], random: Random): readonly Member[] {
  const result = members.flatMap((member) => {
    const { name, content } = member;
    const [at, length] = [random(content.length + 1), random(3000)];
    const edits: readonly (readonly Member[])[] = [
      [],
      [member],
      [member, { name: `${name}.copy`, content }],
      [{ name: `renamed/${name}`, content }],
      [{ name, content: content.subarray(0, at) }],
      [{ name, content: content.subarray(at) }],
      [{ name, content: Buffer.concat([content.subarray(0, at), content.subarray(at + length)]) }],
      [
        {
          name,
          content: Buffer.concat([content.subarray(0, at), noise(random, length), content.subarray(at)]),
        },
      ],
      [{ name, content: content.map((byte) => (random(20) === 0 ? byte + random(5) : byte)) }],
    ];
    return edits[random(edits.length)] ?? [];
  });
  return random(3) === 0 ? result.toReversed() : result;
}
