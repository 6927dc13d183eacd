import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { imageSignatureFields } from '../../src/views/image-signature-fields.ts';

const key = digestOf('a key');

test('each key tells how many images it has signed, and then of how many none was asked', () => {
  expect(
    imageSignatureFields({
      signedBy: [
        { key, file: 'team.pub', images: 1 },
        { key, file: 'all.pub', images: 12 },
      ],
      unchecked: 3,
    }),
  ).toEqual([
    ['images signed by', `team.pub (${key}): 1 image`],
    ['images signed by', `all.pub (${key}): 12 images`],
    ['signature not asked', 'of 3 images'],
  ]);
});

test('when all are signed only that is said, and when nobody asked nothing is', () => {
  expect(imageSignatureFields({ signedBy: [], unchecked: 0 })).toEqual([]);
  expect(imageSignatureFields(undefined)).toEqual([]);
});
