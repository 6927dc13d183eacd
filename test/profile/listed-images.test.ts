import { expect, test } from 'vitest';

import { parseReference } from '../../src/oci/reference.ts';
import { ListedImages } from '../../src/profile/listed-images.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const listed = new ListedImages(
  [
    'nginx:1.27',
    'us-docker.pkg.dev/palette-images/packs/calico/3.31.4/cni:v3.31.4',
    `quay.io/org/pinned:v2@${digest}`,
    'registry.k8s.io/ingress-nginx/controller:v1.11.2',
  ].map((text) => parseReference(text)),
);

test.each([
  ['docker.io/library/nginx:1.27', true, 'listed'],
  ['nginx:1.28', true, undefined],
  ['quay.io/org/pinned:v2', true, 'listed'],
  [`quay.io/org/pinned@${digest}`, true, 'listed'],
  ['quay.io/org/pinned:2', true, 'listed'],
  ['quay.io/org/pinned', false, 'listed'],
  ['quay.io/calico/cni:v3.31.4', true, 'elsewhere'],
  ['quay.io/calico/cni', false, 'elsewhere'],
  ['quay.io/calico/cni:v3.31.3', true, undefined],
  ['quay.io/other/cni:v3.31.4', true, undefined],
  ['mirror.example.com:5000/nginx:1.27', true, 'elsewhere'],
  ['quay.io/jetstack/controller:v1.11.2', true, undefined],
  ['quay.io/org/other', false, undefined],
])('%s, tag known: %s', (text, isTagged, expected) => {
  expect(listed.find(parseReference(text), isTagged)).toBe(expected);
});
