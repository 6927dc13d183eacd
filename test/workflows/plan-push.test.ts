import { expect, test } from 'vitest';

import { fallbackTag } from '../../src/oci/companion-tags.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { blobPlace, manifestPlace } from '../../src/workflows/ask-target.ts';
import type { ImageToPush } from '../../src/workflows/ask-target.ts';
import { planPush, withMounts } from '../../src/workflows/plan-push.ts';

const registry = 'r.site';
const blobOf = (text: string, size: number) => ({
  mediaType: mediaTypes.ociLayerGzip,
  digest: digestOf(text),
  size,
});
const base = blobOf('base', 100);
const large = blobOf('large', 900);
const small = blobOf('small', 5);

function image(name: string, blobs: readonly (typeof base)[], tag: string | undefined = '1'): ImageToPush {
  const root = { mediaType: mediaTypes.ociManifest, digest: digestOf(name), size: 10 };
  const none = { platforms: [], omittedPlatforms: [], origins: [{ kind: 'flag' as const }] };
  const reference = `ghcr.io/${name}`;
  return {
    reference,
    isCompanion: false,
    repository: { registry, repository: name },
    tag,
    entries: [{ ...root, reference, ...none }],
    content: { root, manifests: [{ descriptor: root, blobs, subject: undefined }], omittedPlatforms: [] },
  };
}

const nothing = {
  present: new Set<string>(),
  tags: new Map(),
  listed: new Set<string>(),
  unknown: new Map(),
};
const images = [image('a', [base, small]), image('b', [base, large])];
const [first, second] = images.map(({ repository }) => repository);

test('each blob is sent once, the largest first', () => {
  const plan = planPush(images, nothing);
  expect(plan.blobs).toEqual([
    { blob: large, missingIn: [second], heldBy: undefined },
    { blob: base, missingIn: [first, second], heldBy: undefined },
    { blob: small, missingIn: [first], heldBy: undefined },
  ]);
  expect(plan).toMatchObject({ bytesToSend: 1005, bytesPresent: 0 });
});

test('what one repository has is mounted into the other one', () => {
  const present = new Set([blobPlace({ registry, repository: 'b' }, base.digest)]);
  const plan = planPush(images, { ...nothing, present });
  expect(plan.blobs[1]).toEqual({ blob: base, missingIn: [first], heldBy: 'b' });
  expect(plan).toMatchObject({ bytesToSend: 905, bytesPresent: 0 });
});

test('what is in a repository that nothing is pushed to is mounted from there', () => {
  const present = new Set([blobPlace({ registry, repository: 'b' }, base.digest)]);
  const plan = planPush(images, { ...nothing, present });
  const mounting = withMounts(plan, (digest) => (digest === small.digest ? undefined : 'old'));
  expect(mounting.blobs.map(({ heldBy }) => heldBy)).toEqual(['old', 'b', undefined]);
  expect(mounting).toMatchObject({ bytesToSend: small.size, bytesPresent: plan.bytesPresent });
  expect(mounting.images).toBe(plan.images);
});

test('an image is there when its blobs, its manifests and its tag are', () => {
  const a = image('a', [base, small]);
  const blobs = [base, small].map(({ digest }) => blobPlace(a.repository, digest));
  const present = new Set([...blobs, manifestPlace(a.repository, a.content.root.digest)]);
  const untagged = planPush([a], { ...nothing, present });
  expect(untagged.images).toMatchObject([{ pushedAs: 'r.site/a:1', isPresent: false }]);
  const tags = new Map([['r.site/a:1', a.content.root.digest]]);
  expect(planPush([a], { ...nothing, present, tags })).toMatchObject({
    images: [{ isPresent: true }],
    blobs: [],
    bytesPresent: 105,
  });
});

test('a tag that stands for something else is told', () => {
  const tags = new Map([['r.site/a:1', digestOf('old')]]);
  const plan = planPush(images, { ...nothing, tags });
  expect(plan.images.map(({ replaces }) => replaces)).toEqual([digestOf('old'), undefined]);
});

test('a list of referrers is added to, and so replaces nothing', () => {
  const tag = fallbackTag(digestOf('subject'));
  const tags = new Map([[`r.site/a:${tag}`, digestOf('merged')]]);
  const { images: planned } = planPush([image('a', [base], tag)], { ...nothing, tags });
  expect(planned).toMatchObject([{ isPresent: false }]);
  expect(planned[0]).not.toHaveProperty('replaces');
});

test('a list of referrers is there when the registry lists all of it, in another list', () => {
  const tag = fallbackTag(digestOf('subject'));
  const list = image('a', [], tag);
  const child = { mediaType: mediaTypes.ociManifest, digest: digestOf('child'), size: 10 };
  const manifests = [{ descriptor: child, blobs: [base], subject: undefined }, ...list.content.manifests];
  const whole = [{ ...list, content: { ...list.content, manifests } }];
  const state = {
    ...nothing,
    tags: new Map([[`r.site/a:${tag}`, digestOf('merged')]]),
    listed: new Set([`r.site/a:${tag}`]),
  };
  const present = new Set([
    manifestPlace(list.repository, child.digest),
    blobPlace(list.repository, base.digest),
  ]);
  expect(planPush(whole, { ...state, present }).images).toMatchObject([{ isPresent: true }]);
  // What it lists has to be there as well.
  expect(planPush(whole, state).images).toMatchObject([{ isPresent: false }]);
});

test('what has no tag is called by its digest', () => {
  const { images: planned } = planPush([{ ...image('a', [base]), tag: undefined }], nothing);
  expect(planned).toMatchObject([{ pushedAs: `r.site/a@${digestOf('a')}` }]);
});
