import { describe, expect, test } from 'vitest';

import { inventoryPath } from '../../src/bundle/inventory.ts';
import { encodeHead, paddingFor } from '../../src/bundle/tar-layout.ts';
import { encodeTarHeader } from '../../src/io/tar-header.ts';
import { craftBundle, craftHead, describedFile, tarOf } from '../fuzz/crafted-bundle.ts';
import { readHostile, refusalOf } from '../fuzz/read-hostile.ts';
import { sampleBundle } from '../support/sample-bundle.ts';

const sample = await sampleBundle();
const { head, tail } = await tarOf(sample);
const blob = sample.plan.inventory.blobs.at(0)!;

/** A tar header with some fields overwritten, and the sum that belongs to them. */
function tarHeader(name: string, size: number, fields: Readonly<Record<number, string>>): Buffer {
  const block = Buffer.from(encodeTarHeader({ name, size }));
  for (const [position, text] of Object.entries(fields)) block.write(text, Number(position), 'latin1');
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

const kinds: readonly (readonly [string, Readonly<Record<number, string>>])[] = [
  ['a hard link', { 156: '1', 157: '/etc/passwd' }],
  ['a symbolic link', { 156: '2', 157: '../../etc/passwd' }],
  ['a character device', { 156: '3' }],
  ['a block device', { 156: '4' }],
  ['a folder', { 156: '5' }],
  ['a pipe', { 156: '6' }],
  ['a GNU long name', { 156: 'L' }],
  ['a GNU sparse file', { 156: 'S' }],
  ['a pax header', { 156: 'x' }],
  ['a global pax header', { 156: 'g' }],
  ['an old regular file', { 156: '\0' }],
  ['a link name beside a regular file', { 157: '/etc/passwd' }],
  ['a prefix that climbs', { 345: '../../../etc' }],
  ['a name that goes on', { 99: 'x' }],
  ['setuid', { 100: '0004755' }],
  ['an owner', { 108: '0001750' }],
  ['a time', { 136: '14717041234' }],
  ['a size in base 256', { 124: '\x80\0\0\0\0\0\0\0\0\0\x02\0' }],
  ['a negative size', { 124: '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' }],
  ['a larger size', { 124: '77777777777' }],
  ['no size', { 124: '00000000000' }],
];

describe('an entry of the head that is no plain file is refused', () => {
  test.each(kinds)('%s', async (_, fields) => {
    const header = tarHeader('oci-layout', sample.plan.headEntries.at(0)!.bytes.length, fields);
    const bytes = craftBundle({ head: Buffer.concat([header, head.subarray(512)]), tail });
    expect(await refusalOf(bytes)).toMatch(/^BUNDLE_DAMAGED:/);
  });
});

describe('a blob of the tar that is no plain file is found', () => {
  test.each(kinds)('%s', async (_, fields) => {
    const header = tarHeader(blobName(), blob.size, fields);
    const { file, stream } = await readHostile(
      craftBundle({ head, tail: Buffer.concat([header, tail.subarray(512)]) }),
    );
    expect(file.code).toBe('damaged');
    expect(file.message).toContain(`${blobName()} its tar header is not as it must be`);
    expect(stream.code).toBe('BUNDLE_DAMAGED');
  });

  test('the name of another blob', async () => {
    const other = sample.plan.inventory.blobs.at(1)!.digest.slice('sha256:'.length);
    const header = tarHeader(`blobs/sha256/${other}`, blob.size, {});
    const bytes = craftBundle({ head, tail: Buffer.concat([header, tail.subarray(512)]) });
    expect((await readHostile(bytes)).file.code).toBe('damaged');
  });
});

const climbing = [
  '../evil',
  '/etc/passwd',
  'palette-edge/../../evil',
  'palette-edge/..',
  'palette-edge//evil',
  'palette-edge/./evil',
  'palette-edge\\..\\evil',
  'C:\\evil',
  'palette-edge/a\u001B[2J',
  'palette-edge/\u009B31m',
];

/** As names of raw files they are harmless: those have a folder of their own. */
const ofOthers = ['blobs/sha256/evil', inventoryPath];

describe('a path that climbs or steers is refused wherever it stands', () => {
  test.each([...climbing, ...ofOthers])('as an entry of the head: %j', async (path) => {
    const bytes = Buffer.from('evil');
    const entry = tarHeader('x', bytes.length, { 0: path });
    const evil = Buffer.concat([entry, bytes, paddingFor(bytes.length)]);
    const crafted = Buffer.concat([
      encodeHead(sample.plan.headEntries.slice(0, 1)),
      evil,
      encodeHead(sample.plan.headEntries.slice(1)),
    ]);
    expect(await refusalOf(craftBundle({ head: crafted, tail }))).toMatch(/^BUNDLE_DAMAGED:/);
  });

  test.each([...climbing, ...ofOthers])('in the files of the inventory: %j', async (path) => {
    const evil = { path: 'palette-edge/evil', bytes: Buffer.from('evil') };
    const crafted = craftHead(sample, {
      inventory: (document) => void document.files.push({ ...describedFile(evil), path }),
      entries: (entries) => [...entries, evil],
    });
    expect(await refusalOf(craftBundle({ head: crafted, tail }))).toMatch(/^INVENTORY_INVALID:/);
  });

  test.each([...climbing, '.', '..', '', 'a/', '/a', 'a//b'])('as a raw file: %j', async (name) => {
    const crafted = craftHead(sample, {
      inventory: (document) => {
        document['formatVersion'] = 3;
        document['rawFiles'] = [{ name, digest: blob.digest, size: blob.size }];
      },
    });
    expect(await refusalOf(craftBundle({ head: crafted, tail }))).toMatch(/^INVENTORY_INVALID:/);
  });
});

describe('what is there twice is refused', () => {
  test('an entry of the head', async () => {
    for (const twice of sample.plan.headEntries) {
      const crafted = craftHead(sample, { entries: (entries) => [...entries, twice] });
      expect(await refusalOf(craftBundle({ head: crafted, tail }))).toMatch(/^BUNDLE_DAMAGED:/);
    }
  });

  test('a file, an image, a blob of the inventory', async () => {
    for (const list of ['files', 'images', 'blobs'] as const) {
      const crafted = craftHead(sample, {
        inventory: (document) => void document[list].push(document[list].at(0)!),
      });
      expect(await refusalOf(craftBundle({ head: crafted, tail }))).toMatch(/^INVENTORY_INVALID:/);
    }
  });

  test('a blob of the tar', async () => {
    const length = 512 + blob.size + paddingFor(blob.size).length;
    const twice = Buffer.concat([tail.subarray(0, length), tail]);
    expect(await refusalOf(craftBundle({ head, tail: twice }))).toMatch(/^BUNDLE_DAMAGED:/);
  });
});

describe('sizes that lie are found', () => {
  test.each([1, -1, 512, -512])('of a blob in the inventory: %i bytes', async (more) => {
    const crafted = craftHead(sample, {
      inventory: ({ blobs }) => {
        for (const each of blobs) if (Number(each['size']) > 4096) each['size'] = Number(each['size']) + more;
      },
    });
    const { file, stream } = await readHostile(craftBundle({ head: crafted, tail }));
    expect(['BUNDLE_DAMAGED', 'damaged']).toContain(file.code);
    expect(['BUNDLE_DAMAGED', 'BUNDLE_TRUNCATED', 'DIGEST_MISMATCH']).toContain(stream.code);
  });

  test('of all blobs together: more than can be counted', async () => {
    const crafted = craftHead(sample, {
      inventory: ({ blobs }) => {
        for (const each of blobs) if (each['role'] === 'layer') each['size'] = 2 ** 53 - 1;
      },
    });
    expect(await refusalOf(craftBundle({ head: crafted, tail }))).toMatch(/^INVENTORY_INVALID:/);
  });

  test('of a file of the head', async () => {
    const crafted = craftHead(sample, {
      inventory: ({ files }) => void Object.assign(files.at(1)!, { size: 7 }),
    });
    expect(await refusalOf(craftBundle({ head: crafted, tail }))).toMatch(/^BUNDLE_DAMAGED:/);
  });

  test('of the tar: more behind its end, and less', async () => {
    for (const other of [Buffer.concat([tail, Buffer.alloc(1024)]), tail.subarray(0, -512)]) {
      const { file, stream } = await readHostile(craftBundle({ head, tail: other }));
      expect(file.code).toBe('BUNDLE_DAMAGED');
      expect(stream.code).toBe('BUNDLE_DAMAGED');
    }
  });
});

describe('an inventory that disagrees with the tar is found', () => {
  test('blobs in another order', async () => {
    const crafted = craftHead(sample, {
      inventory: ({ blobs }) => void blobs.splice(0, blobs.length, ...blobs.toReversed()),
    });
    const { file, stream } = await readHostile(craftBundle({ head: crafted, tail }));
    expect(file.code).toBe('damaged');
    expect(stream.code).toBe('BUNDLE_DAMAGED');
  });

  test('a blob that it does not name, and one that is not there', async () => {
    const less = craftHead(sample, { inventory: ({ blobs }) => void blobs.pop() });
    const more = craftHead(sample, {
      inventory: ({ blobs }) => void blobs.push({ ...blobs.at(-1), digest: `sha256:${'0'.repeat(64)}` }),
    });
    for (const crafted of [less, more])
      expect(await refusalOf(craftBundle({ head: crafted, tail }))).toMatch(/^BUNDLE_DAMAGED:/);
  });
});

function blobName(): string {
  return `blobs/sha256/${blob.digest.slice('sha256:'.length)}`;
}
