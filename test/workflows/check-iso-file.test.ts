import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { requireClusterDefinition, requireProgram } from '../../src/workflows/check-iso-file.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function fileOf(content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'file');
  await writeFile(path, content);
  return path;
}

test('a cluster definition is gzip', async () => {
  await expect(requireClusterDefinition(await fileOf(gzipSync('x')))).resolves.toBeUndefined();
  for (const content of ['', 'spec: {}\n', Buffer.from([0x1f])]) {
    const path = await fileOf(content);
    expect(await rejection(requireClusterDefinition(path))).toMatchObject({
      code: 'CLUSTER_DEFINITION_INVALID',
      kind: 'usage',
      message: `${path}: a cluster definition is a .tgz, but this is not gzip`,
    });
  }
});

test('the tool is a program, of whichever system', async () => {
  await expect(requireProgram(process.execPath)).resolves.toBeUndefined();
  for (const content of ['#!/bin/sh\n', 'MZ\u0090', Buffer.from('cffaedfe', 'hex')])
    await expect(requireProgram(await fileOf(content))).resolves.toBeUndefined();
  for (const content of ['', 'palette-edge', gzipSync('x')]) {
    const path = await fileOf(content);
    expect(await rejection(requireProgram(path))).toMatchObject({
      code: 'TOOL_INVALID',
      kind: 'usage',
      message: `${path}: the tool is to be a program, but this is none`,
    });
  }
});

test('a file that cannot be read is told', async () => {
  expect(await rejection(requireProgram('/nowhere/tool'))).toMatchObject({ code: 'FILE_NOT_FOUND' });
});
