import { writeFileSync } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { createIso } from '../../src/workflows/create-iso.ts';
import { bundleFile, isoResources, makeIso } from '../support/iso-bundles.ts';
import { rejection } from '../support/rejection.ts';

const { signal } = new AbortController();

describe('refusals leave nothing behind', () => {
  async function refusedWith(change: Parameters<typeof makeIso>[1], kept: readonly string[] = []) {
    const { folder, path } = await bundleFile();
    const error = await rejection(makeIso([path], change));
    expect((await readdir(folder)).toSorted()).toEqual(['edge.tar.zst', ...kept].toSorted());
    return error;
  }

  test('a label that is none', async () => {
    expect(await refusedWith({ label: 'small' })).toMatchObject({ code: 'ISO_LABEL_INVALID' });
  });

  test.each(['README.txt', 'sha256sums', 'edge.tar.zst/x', 'EDGE.TAR.ZST'])(
    'a file that is to be called %s is in the way of another',
    async (name) => {
      const error = await refusedWith({ files: [{ path: '/etc/passwd', name }] });
      expect(error).toMatchObject({ code: 'ISO_NAME_TAKEN', kind: 'usage' });
    },
  );

  test('a folder, and a file that is not there', async () => {
    expect(await refusedWith({ files: [{ path: '/etc', name: 'etc' }] })).toMatchObject({
      code: 'NOT_A_FILE',
    });
    expect(await refusedWith({ tool: '/nowhere/tool' })).toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('a cluster definition that is none, and a tool that nobody can run', async () => {
    const { path: file } = await bundleFile('other.tar.zst');
    expect(await refusedWith({ clusterDefinition: file })).toMatchObject({
      code: 'CLUSTER_DEFINITION_INVALID',
    });
    expect(await refusedWith({ tool: file })).toMatchObject({ code: 'TOOL_INVALID' });
  });

  test('a file of something else in its place', async () => {
    const { folder, path } = await bundleFile();
    await writeFile(join(folder, 'edge.iso'), 'x'.repeat(50_000));
    expect(await rejection(makeIso([path]))).toMatchObject({ code: 'OUTPUT_TAKEN', kind: 'usage' });
    expect((await stat(join(folder, 'edge.iso'))).size).toBe(50_000);
    await writeFile(join(folder, 'edge.iso'), 'short');
    expect(await rejection(makeIso([path]))).toMatchObject({ code: 'OUTPUT_TAKEN' });
  });

  test('an image that is to go into itself', async () => {
    const { path } = await bundleFile();
    const { path: iso } = await makeIso([path]);
    const files = [{ path: iso, name: 'inner.iso' }];
    expect(await rejection(makeIso([path], { files }))).toMatchObject({ code: 'OUTPUT_TAKEN' });
  });

  test('a bundle that its .sha256 does not fit', async () => {
    const { folder, path } = await bundleFile();
    await writeFile(`${path}.sha256`, `${'0'.repeat(64)}  edge.tar.zst\n`);
    const error = await rejection(makeIso([path]));
    expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH', kind: 'content' });
    expect((await readdir(folder)).toSorted()).toEqual(['edge.tar.zst', 'edge.tar.zst.sha256']);
  });

  test('a bundle that is damaged, when there is no checksum that says so', async () => {
    const { folder, path, sample } = await bundleFile();
    const bytes = Buffer.from(sample.bytes);
    bytes.writeUInt8(bytes.readUInt8(9000) ^ 1, 9000);
    await writeFile(path, bytes);
    const error = await rejection(makeIso([path]));
    expect(error).toMatchObject({ code: 'BUNDLE_DAMAGED', kind: 'content' });
    expect(error.message.split(`${path} is damaged: `)).toEqual(['', expect.stringMatching(/^\S/)]);
    expect(await readdir(folder)).toEqual(['edge.tar.zst']);
  });

  test('another bundle than the one that was to go into it', async () => {
    const { folder, path, sample } = await bundleFile();
    const error = await rejection(makeIso([path], { bundleId: '0a1b2c3d' }));
    expect(error).toMatchObject({ code: 'BUNDLE_REPLACED', kind: 'content' });
    expect(error.message).toContain(`expected 0a1b2c3d, received ${sample.plan.id}`);
    expect(await readdir(folder)).toEqual(['edge.tar.zst']);
    await expect(makeIso([path], { bundleId: sample.plan.id })).resolves.toMatchObject({ bundles: [{}] });
  });

  test('a bundle that is in an image already', async () => {
    const { path } = await bundleFile();
    const { path: iso } = await makeIso([path]);
    expect(await rejection(makeIso([iso], { output: `${iso}2` }))).toMatchObject({ code: 'BUNDLE_IN_ISO' });
  });

  test('a file that changes while the image is written', async () => {
    const { folder, path } = await bundleFile();
    const notes = join(folder, 'notes.txt');
    await writeFile(notes, 'before');
    const onPhase = (phase: string): void => {
      if (phase === 'writing') writeFileSync(notes, 'something else');
    };
    const resources = isoResources({ listener: { onPhase, onBytes: () => undefined } });
    const input = {
      bundles: [path],
      label: 'COS_CONTENT',
      folder: '',
      files: [{ path: notes, name: 'notes.txt' }],
    };
    const error = await rejection(createIso(input, resources, signal));
    expect(error).toMatchObject({ code: 'FILE_CHANGED', kind: 'content' });
    expect((await readdir(folder)).toSorted()).toEqual(['edge.tar.zst', 'notes.txt']);
  });

  test('a folder that was made for it goes, too', async () => {
    const { folder, path } = await bundleFile();
    await mkdir(join(folder, 'out'));
    const xorriso = join(folder, 'xorriso');
    const script = `#!/bin/sh\ncase "$*" in *-version*) echo "xorriso version : 1.5.4";; *) exit 1;; esac\n`;
    await writeFile(xorriso, script, { mode: 0o755 });
    const input = {
      bundles: [path],
      label: 'COS_CONTENT',
      folder: '',
      files: [],
      output: join(folder, 'out/new/x.iso'),
    };
    const error = await rejection(createIso(input, isoResources({ xorriso }), signal));
    expect(error.code).toBe('XORRISO_FAILED');
    expect(await readdir(join(folder, 'out'))).toEqual([]);
  });
});
