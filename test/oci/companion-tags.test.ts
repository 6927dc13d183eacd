import { expect, test } from 'vitest';

import { cosignTags, fallbackTag } from '../../src/oci/companion-tags.ts';
import { toDigest } from '../../src/oci/digest.ts';

const subject = toDigest('ab'.repeat(32));

test('the tags of a digest are those that cosign and clients without the API write', () => {
  const tag = `sha256-${'ab'.repeat(32)}`;
  expect(fallbackTag(subject)).toBe(tag);
  expect(cosignTags(subject)).toEqual([`${tag}.sig`, `${tag}.att`, `${tag}.sbom`]);
});
