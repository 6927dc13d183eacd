import { expect, test } from 'vitest';

import type { BundledImage } from '../../src/bundle/inventory.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import type { Origin } from '../../src/oci/origin.ts';
import { selectImages } from '../../src/workflows/select-images.ts';
import { thrown } from '../support/sample-profiles.ts';

function image(reference: string, origin: Origin = { kind: 'flag' }): BundledImage {
  const digest = digestOf(reference);
  const none = { platforms: [], omittedPlatforms: [], origins: [origin] };
  return { reference, digest, size: 1, mediaType: mediaTypes.ociManifest, ...none };
}

const app = image('ghcr.io/org/app:1.0');
const nginx = image('docker.io/library/nginx:1.27');
const signature = image('ghcr.io/org/app:sha256-1.sig', {
  kind: 'referrer',
  of: app.reference,
  subject: app.digest,
});
const ofSignature = image('ghcr.io/org/app:sha256-2.sig', {
  kind: 'referrer',
  of: signature.reference,
  subject: signature.digest,
});
const bundle = [nginx, app, signature, ofSignature];

test('without patterns all is chosen', () => {
  expect(selectImages([bundle], [])).toEqual({ images: [bundle], warnings: [] });
});

test('companions go along with what they belong to, and with nothing else', () => {
  expect(selectImages([bundle], ['ghcr.io/org/app:1.0']).images).toEqual([[app, signature, ofSignature]]);
  expect(selectImages([bundle], ['nginx']).images).toEqual([[nginx]]);
});

test('a pattern that names nothing is told, and no error as long as another one does', () => {
  const { images, warnings } = selectImages([bundle, [nginx]], ['nginx:*', 'quay.io/**']);
  expect(images).toEqual([[nginx], [nginx]]);
  expect(warnings).toEqual([
    { code: 'PATTERN_UNUSED', message: '--image quay.io/** names no image of the bundle' },
  ]);
});

test('when nothing is left, that is an error', () => {
  const error = thrown(() => selectImages([bundle], ['quay.io/**', 'alpine']));
  expect(error).toMatchObject({ code: 'NO_SUCH_IMAGE', kind: 'notFound' });
  expect(error.message).toContain('--image quay.io/** --image alpine');
});
