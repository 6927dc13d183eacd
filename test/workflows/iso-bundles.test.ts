import { expect, test } from 'vitest';

import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import { openIfBundle } from '../../src/workflows/iso-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { memoryAccess, sampleBundle } from '../support/sample-bundle.ts';
import { squeezeSample } from '../support/sample-squeezed.ts';

test('a squeezed bundle in an image has somebody who restores its layers', async () => {
  const sample = await sampleBundle();
  const { bytes, plan } = await squeezeSample(sample);
  const open = async () => await Promise.resolve(memoryAccess(bytes));
  const reader = await openIfBundle({ path: 'edge.tar.zst', parts: undefined, open }, 'edge.iso');
  const layer = plan.inventory.layers.at(0);
  if (reader === undefined || layer === undefined) throw new TypeError('the sample has no layers');
  // The recipes of the sample are none: that is what is told, of content.
  const error = await rejection(readWholeBlob(reader, layer));
  expect(error).toMatchObject({ code: 'RECIPE_INVALID', kind: 'content' });
  await reader.close();
});
