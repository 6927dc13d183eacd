import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { serializeInventory } from '../../src/bundle/inventory.ts';
import { openDeltaBases } from '../../src/workflows/delta-bases.ts';
import { rejection } from '../support/rejection.ts';
import { sampleContent, writeSample } from '../support/sample-bundle.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('of bases no more are taken than a delta bundle may name; the same one twice is one', async () => {
  const folder = await temporaryFolder();
  const blobs = new MemoryBlobs();
  const { plan } = await writeSample(await sampleContent(blobs), blobs);
  const paths = Array.from({ length: 101 }, (_, index) => join(folder, `${index}.json`));
  for (const [index, path] of paths.entries())
    await writeFile(path, serializeInventory({ ...plan.inventory, name: `edge-${index}` }));
  await using opened = await openDeltaBases({ paths: [...paths.slice(1), ...paths.slice(1)], folder });
  expect(opened.bases).toHaveLength(100);
  expect(await rejection(openDeltaBases({ paths, folder }))).toMatchObject({
    code: 'TOO_MANY_BASES',
    kind: 'usage',
  });
});
