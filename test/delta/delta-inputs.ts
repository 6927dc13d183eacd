import { buffer } from 'node:stream/consumers';

import { pack } from 'tar-stream';

import { applyPatch } from '../../src/delta/apply-patch.ts';
import type { OldTar, OldTarAccess } from '../../src/delta/old-tar.ts';
import { createPatchWriter, type PatchSummary } from '../../src/delta/patch-writer.ts';

/** Numbers from 0 up to below `limit`, the same for the same seed. */
export type Random = (limit: number) => number;

export function seededRandom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Bytes that nothing else has. */
export function noise(random: Random, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at++) bytes[at] = random(256);
  return bytes;
}

/** Like a program: words of few kinds, and addresses among them. */
export function programLike(random: Random, size: number, shift: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) {
    const word = random(1 << 30);
    bytes.writeUInt32LE(word % 3 === 0 ? 0x400000 + (word % 65_536) + shift : word, at);
  }
  return bytes;
}

export interface Member {
  readonly name: string;
  readonly content: Uint8Array;
}

/** A tar as tar-stream writes it: ustar, with pax headers for what does not fit. */
export async function tarOfMembers(members: readonly Member[]): Promise<Buffer> {
  const stream = pack();
  for (const { name, content } of members) {
    stream.entry({ name, size: content.length, mtime: new Date(0) }, Buffer.from(content));
  }
  stream.finalize();
  return await buffer(stream);
}

export function oldTar(bytes: Uint8Array): OldTar {
  return {
    size: bytes.length,
    read(position, into) {
      const piece = bytes.subarray(position, position + into.length);
      into.set(piece);
      return piece.length;
    },
  };
}

/** Refuses to read outside, as no patch may ask it to. */
export function oldTarAccess(bytes: Uint8Array): OldTarAccess {
  return {
    size: bytes.length,
    read(position, length) {
      if (position < 0 || length <= 0 || position + length > bytes.length) {
        return Promise.reject(new RangeError(`${length} bytes at ${position} of ${bytes.length}`));
      }
      return Promise.resolve(bytes.subarray(position, position + length));
    },
  };
}

export interface Patch {
  readonly bytes: Buffer;
  readonly summary: PatchSummary;
}

/** The patch of a new tar that is written in pieces of the sizes that `nextSize` gives. */
export function patchOf(olds: readonly Uint8Array[], tar: Uint8Array, nextSize = () => 65_536): Patch {
  const pieces: Uint8Array[] = [];
  const writer = createPatchWriter(olds.map(oldTar), (bytes) => pieces.push(bytes));
  for (let at = 0; at < tar.length;) {
    // Copied and overwritten: the writer must not keep what it was given.
    const piece = Uint8Array.from(tar.subarray(at, at + nextSize()));
    at += piece.length;
    writer.write(piece);
    piece.fill(0xaa);
  }
  const summary = writer.finish();
  return { bytes: Buffer.concat(pieces), summary };
}

/** What a patch makes of old tars. */
export async function applied(patch: Uint8Array, olds: readonly Uint8Array[], size: number): Promise<Buffer> {
  return await joined(applyPatch(piecesOf(patch), olds.map(oldTarAccess), { size }));
}

export async function* piecesOf(bytes: Uint8Array, size = 4099): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

/** All pieces, one behind the other. */
export async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
