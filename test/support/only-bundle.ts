import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'vitest';

/** The path of the one bundle of `core-integration` in a folder, below that folder. */
export async function onlyBundle(folder: string): Promise<string> {
  const content = (await readdir(folder)).filter((name) => name.startsWith('content-'));
  expect(content).toHaveLength(1);
  const files = await readdir(join(folder, content[0] ?? ''));
  const bundle = files.find((name) => name.endsWith('.tar.zst'));
  expect(bundle).toMatch(/^core-integration-[0-9a-f]{8}\.tar\.zst$/);
  return join(content[0] ?? '', bundle ?? '');
}
