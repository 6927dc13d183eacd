import { expect, test } from 'vitest';

import { rejection } from '../support/rejection.ts';
import { sampleContent, writeSample } from '../support/sample-bundle.ts';
import { chartToBundle, sampleChart } from '../support/sample-charts.ts';
import { MemoryBlobs } from '../support/sample-images.ts';

test('two charts of one name are refused with advice that helps', async () => {
  const blobs = new MemoryBlobs();
  const twin = async (more: string) =>
    await chartToBundle(blobs, {
      reference: 'charts.example.com/a-b/thing:1.0.0',
      source: 'https://charts.example.com/a-b',
      archive: await sampleChart('thing', '1.0.0', { more }),
    });
  const content = await sampleContent(blobs);
  const error = await rejection(
    writeSample({ ...content, images: [await twin(''), await twin('description: other\n')] }, blobs),
  );
  expect(error).toMatchObject({ code: 'IMAGE_NAME_CONFLICT' });
  expect(error.suggestions[0]).toMatch(/two chart repositories .* a bundle from each/);
});
