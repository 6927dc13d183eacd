import { describe, expect, test } from 'vitest';

import type { BundledImage } from '../../src/bundle/inventory.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { formatReference } from '../../src/oci/reference.ts';
import type { PushNaming } from '../../src/workflows/push-input.ts';
import { pushNames } from '../../src/workflows/push-names.ts';
import { thrown } from '../support/sample-profiles.ts';

const registry = 'r.site:5000';

function image(reference: string, content = reference, more: Partial<BundledImage> = {}): BundledImage {
  const digest = digestOf(content);
  const none = { platforms: [], omittedPlatforms: [], origins: [{ kind: 'flag' as const }] };
  return { reference, digest, size: 1, mediaType: mediaTypes.ociManifest, ...none, ...more };
}

function names(bundles: readonly (readonly BundledImage[])[], naming: Partial<PushNaming> = {}): string[] {
  const usual = { destination: { registry, path: '' }, mappings: [], keepsRegistry: false };
  return pushNames(bundles, { ...usual, ...naming }).map(({ repository, tag, entries: [{ digest }] }) =>
    formatReference(tag === undefined ? { ...repository, digest } : { ...repository, tag }),
  );
}

const nginx = 'docker.io/library/nginx:1.27';
const pinned = `ghcr.io/org/app@${digestOf('app')}`;

test('the registry is left out, and the prefix stands before', () => {
  expect(names([[image(nginx), image(pinned, 'app')]])).toEqual([
    `${registry}/library/nginx:1.27`,
    `${registry}/org/app@${digestOf('app')}`,
  ]);
  const destination = { registry, path: 'edge/one' };
  expect(names([[image(nginx)]], { destination })).toEqual([`${registry}/edge/one/library/nginx:1.27`]);
});

test('a registry that stays has no colon', () => {
  const images = [image(nginx), image('localhost:5000/org/tool:2')];
  expect(names([images], { keepsRegistry: true })).toEqual([
    `${registry}/docker.io/library/nginx:1.27`,
    `${registry}/localhost-5000/org/tool:2`,
  ]);
});

test('a renamed prefix counts before all else, the longest first', () => {
  const mappings = [
    { from: { registry: 'docker.io', path: '' }, to: { registry, path: 'hub' } },
    { from: { registry: 'docker.io', path: 'library' }, to: { registry, path: '' } },
  ];
  const images = [image(nginx), image('docker.io/org/x:1'), image('quay.io/org/y:1')];
  const naming = { mappings, destination: { registry, path: 'edge' } };
  expect(names([images], naming)).toEqual([
    `${registry}/nginx:1.27`,
    `${registry}/hub/org/x:1`,
    `${registry}/edge/org/y:1`,
  ]);
});

test('a tag that has a digest beside it is a tag when no other image has it', () => {
  const both = (text: string): BundledImage => image(`ghcr.io/org/app:1@${digestOf(text)}`, text);
  expect(names([[both('a')]])).toEqual([`${registry}/org/app:1`]);
  expect(names([[both('a'), both('b')]])).toEqual([
    `${registry}/org/app@${digestOf('a')}`,
    `${registry}/org/app@${digestOf('b')}`,
  ]);
});

test('the same image in two bundles is one, with what both hold of it', () => {
  const amd64 = image(nginx, 'x', { platforms: ['linux/amd64'], omittedPlatforms: ['linux/arm64'] });
  const arm64 = image(nginx, 'x', { platforms: ['linux/arm64'], omittedPlatforms: ['linux/amd64'] });
  const naming = { destination: { registry, path: '' }, mappings: [], keepsRegistry: false };
  const named = pushNames([[amd64], [arm64]], naming);
  expect(named.map(({ entries }) => entries)).toEqual([[amd64, arm64]]);
});

describe('names that do not work', () => {
  test('repositories of two registries would become one', () => {
    const images = [image('docker.io/org/app:1'), image('ghcr.io/org/app:2')];
    const error = thrown(() => names([images]));
    expect(error).toMatchObject({ code: 'NAMES_AMBIGUOUS', kind: 'usage' });
    expect(error.message).toContain('r.site:5000/org/app would be docker.io/org/app and ghcr.io/org/app');
    expect(names([images], { keepsRegistry: true })).toHaveLength(2);
  });

  test('unless somebody gave both that name', () => {
    const images = [image('docker.io/org/app:1'), image('ghcr.io/org/app:2')];
    const to = { registry, path: 'all' };
    const mappings = ['docker.io', 'ghcr.io'].map((from) => ({ from: { registry: from, path: '' }, to }));
    expect(names([images], { mappings })).toEqual([`${registry}/all/org/app:1`, `${registry}/all/org/app:2`]);
    // Of one of them nobody said so: it has the name because of the prefix.
    const half = { mappings: mappings.slice(1), destination: to };
    expect(thrown(() => names([images], half))).toMatchObject({ code: 'NAMES_AMBIGUOUS' });
  });

  test('a tag would stand for different images of two bundles', () => {
    const error = thrown(() => names([[image(nginx, 'a')], [image(nginx, 'b')]]));
    expect(error).toMatchObject({ code: 'TAG_CONFLICT', kind: 'usage' });
    expect(error.message).toContain(digestOf('a'));
    expect(error.message).toContain(digestOf('b'));
  });

  test('a prefix makes a name longer than names can be', () => {
    const destination = { registry, path: 'p'.repeat(250) };
    expect(thrown(() => names([[image(nginx)]], { destination }))).toMatchObject({
      code: 'REFERENCE_INVALID',
    });
  });
});
