import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { withReferrers } from '../../src/registry/referrers-list.ts';
import { thrown } from '../support/sample-profiles.ts';

const one = { mediaType: mediaTypes.ociManifest, digest: digestOf('one'), size: 1, artifactType: 'a/b' };
const two = { mediaType: mediaTypes.ociManifest, digest: digestOf('two'), size: 2, annotations: { a: 'b' } };

test('a new list is an image index', () => {
  const list = withReferrers(undefined, [one, two], 'x');
  const document: unknown = JSON.parse(Buffer.from(list?.bytes ?? '').toString());
  expect(document).toEqual({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [one, two] });
  expect(list?.descriptor).toEqual({
    mediaType: mediaTypes.ociIndex,
    digest: digestOf(list?.bytes ?? ''),
    size: list?.bytes.length,
  });
});

test('what is in a list stays as it is, unknown fields as well', () => {
  const present = { schemaVersion: 2, manifests: [{ ...one, extra: 1 }], annotations: { note: 'kept' } };
  const list = withReferrers(Buffer.from(JSON.stringify(present)), [one, two], 'x');
  expect(JSON.parse(Buffer.from(list?.bytes ?? '').toString())).toEqual({
    ...present,
    manifests: [...present.manifests, two],
  });
});

test('when nothing is missing nothing is written', () => {
  const present = Buffer.from(JSON.stringify({ manifests: [two, one] }));
  expect(withReferrers(present, [one], 'x')).toBeUndefined();
});

test.each([['[]'], ['{'], ['{"manifests":1}']])('%s is no list', (text) => {
  const error = thrown(() => withReferrers(Buffer.from(text), [one], 'r.site/x:sha256-1'));
  expect(error).toMatchObject({ code: 'REFERRERS_INVALID', kind: 'content' });
  expect(error.message).toContain('r.site/x:sha256-1');
});

test('a list that would be larger than registries take is refused', () => {
  const large = { ...one, annotations: { text: 'x'.repeat(4 * 1024 * 1024) } };
  expect(thrown(() => withReferrers(undefined, [large], 'x')).message).toContain('4 MiB');
});
