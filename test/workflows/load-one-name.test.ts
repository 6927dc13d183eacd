import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import type { ErrorKind } from '../../src/errors.ts';
import { loadBundle } from '../../src/workflows/load-bundle.ts';
import { MemoryRuntime, namesIn } from '../support/memory-runtime.ts';
import { rejection } from '../support/rejection.ts';
import { docker, multi, piped, richBundle } from '../support/rich-bundle.ts';
import { loadRichBundle, pinned, requestFor, resources, rich, single } from './load-rich-bundle.ts';

describe('a runtime that takes one name at a time', () => {
  test('gets an archive for each image, and its other names afterwards', async () => {
    const more = await richBundle((content) => ({
      ...content,
      images: content.images.flatMap((image) =>
        image.reference.repository === 'org/multi'
          ? [image, { ...image, reference: { ...image.reference, tag: 'latest' } }]
          : [image],
      ),
    }));
    const runtime = new MemoryRuntime({ takesOneName: true });
    const result = await loadRichBundle(requestFor(runtime), more.bundle);
    expect(runtime.archives.flatMap((entries) => [...namesIn(entries).keys()]).toSorted()).toEqual(
      [docker, multi, pinned, single].toSorted(),
    );
    expect(runtime.tags).toEqual(['ghcr.io/org/multi:latest']);
    expect(result).toMatchObject({ failures: [] });
    expect(result.images).toHaveLength(5);
  });

  const refusal = (code: string, kind: ErrorKind): PaletteEdgeError =>
    new PaletteEdgeError(code, `podman failed: ${code}`, { kind });

  test('does not get in the way of others with an image that it refuses', async () => {
    const refuses = new Map([[multi, refusal('RUNTIME_FAILED', 'failure')]]);
    const runtime = new MemoryRuntime({ takesOneName: true, refuses });
    const { images, failures } = await loadRichBundle(requestFor(runtime));
    expect(images.map(({ reference }) => reference)).toEqual([docker, pinned, single]);
    expect(failures).toMatchObject([
      { reference: multi, code: 'RUNTIME_FAILED', message: 'podman failed: RUNTIME_FAILED' },
    ]);
  });

  test('fails with what it said when it refuses all', async () => {
    const refuses = new Map(
      [docker, multi, pinned, single].map((name) => [name, refusal('RUNTIME_FAILED', 'failure')]),
    );
    const error = await rejection(
      loadRichBundle(requestFor(new MemoryRuntime({ takesOneName: true, refuses }))),
    );
    expect(error).toMatchObject({ code: 'LOAD_FAILED', kind: 'failure' });
    expect(error.message).toContain('podman failed: RUNTIME_FAILED');
  });

  test.each([
    ['RUNTIME_MISSING', 'notFound'],
    ['RUNTIME_DENIED', 'authentication'],
    ['RUNTIME_UNREACHABLE', 'network'],
    ['DISK_FULL', 'disk'],
  ] as const)('is not asked again after %s', async (code, kind) => {
    const refuses = new Map([docker, multi, pinned, single].map((name) => [name, refusal(code, kind)]));
    const runtime = new MemoryRuntime({ takesOneName: true, refuses });
    expect(await rejection(loadRichBundle(requestFor(runtime)))).toMatchObject({ code, kind });
  });

  test('gets one image from a stream, and not several', async () => {
    const stream = () => ({ path: '-', stream: piped(rich.bundle.bytes) });
    const runtime = new MemoryRuntime({ takesOneName: true });
    const one = await loadBundle(stream(), requestFor(runtime, { patterns: [single] }), resources());
    expect(one.images).toMatchObject([{ reference: single, isPresent: false }]);
    const error = await rejection(loadBundle(stream(), requestFor(runtime), resources()));
    expect(error).toMatchObject({ code: 'FILE_NEEDED', kind: 'usage' });
    expect(runtime.archives).toHaveLength(1);
  });
});
