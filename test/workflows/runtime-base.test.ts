import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { onePiece } from '../../src/oci/one-piece.ts';
import { docker } from '../../src/runtime/docker.ts';
import type { ContainerRuntime } from '../../src/runtime/container-runtime.ts';
import { runtimeBase } from '../../src/workflows/runtime-base.ts';
import { rejection } from '../support/rejection.ts';

const { signal } = new AbortController();
const bytes = Buffer.from('a layer');
const digest = digestOf(bytes);

/** A runtime that has one blob, with these bytes. */
function runtime(content: Uint8Array, asked: string[] = []): ContainerRuntime {
  return {
    ...docker(),
    place: 'containerd, namespace k8s.io',
    content: {
      held: async () => {
        asked.push('held');
        return await Promise.resolve(new Set<string>([digest]));
      },
      read: () => onePiece(content),
    },
  };
}

async function read(
  content: Uint8Array,
  size: number | undefined,
  range?: { readonly start: number; readonly end?: number },
): Promise<string> {
  const wanted = { digest, size, isManifest: false, images: [] };
  const found = await runtimeBase(runtime(content))?.find(wanted, signal);
  const pieces: Uint8Array[] = [];
  for await (const piece of (await found?.open({ digest, size }, { range, signal })) ?? [])
    pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

test('one that keeps no blobs is no place for bases', () => {
  expect(runtimeBase(docker())).toBeUndefined();
});

test('it is asked once what it has', async () => {
  const asked: string[] = [];
  const base = runtimeBase(runtime(bytes, asked));
  const find = async (wanted: Digest) =>
    await base?.find({ digest: wanted, size: 7, isManifest: false, images: [] }, signal);
  expect(await find(digest)).toMatchObject({ size: 7 });
  expect(await find(digestOf('other'))).toBeUndefined();
  expect(asked).toEqual(['held']);
});

test('what it gives is verified, whether its size is known or not; of a part as well', async () => {
  for (const size of [bytes.length, undefined]) {
    expect(await read(bytes, size)).toBe('a layer');
    expect(await read(bytes, size, { start: 2, end: 5 })).toBe('lay');
    expect(await read(bytes, size, { start: 2 })).toBe('layer');
    const error = await rejection(read(Buffer.from('a liar!'), size));
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
    expect(error.message).toContain('reading from containerd, namespace k8s.io');
  }
  expect(await rejection(read(Buffer.from('a layer and more'), 7))).toMatchObject({ code: 'SIZE_MISMATCH' });
});
