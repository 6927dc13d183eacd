import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import {
  encodePublication,
  fileMediaTypes,
  isBeside,
  parsePublication,
} from '../../src/workflows/publish-manifest.ts';
import { parsePublishPlace, tagOf } from '../../src/workflows/publish-place.ts';
import { rejection } from '../support/rejection.ts';

function file(name: string, mediaType: string = fileMediaTypes.bundle) {
  return { name, mediaType, digest: digestOf(name), size: name.length };
}

/** What reading a manifest of files with these names ends with. */
async function refusal(...names: readonly string[]) {
  const manifest = {
    schemaVersion: 2,
    artifactType: 'application/vnd.palette-edge.bundle.v1',
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 },
    layers: names.map((name) => ({
      ...file(name),
      annotations: { 'org.opencontainers.image.title': name },
    })),
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return await rejection(Promise.resolve().then(() => parsePublication(bytes, 'it')));
}

describe('the manifest of a published bundle', () => {
  test('always has the same bytes, and is read back', () => {
    const publication = {
      bundle: 'a.tar.zst',
      files: [file('a.tar.zst'), file('a.tar.zst.sha256', fileMediaTypes.checksum)],
    };
    const bytes = encodePublication(publication);
    expect(Buffer.from(bytes).toString()).toMatchInlineSnapshot(
      `"{"annotations":{"org.opencontainers.image.title":"a.tar.zst"},"artifactType":"application/vnd.palette-edge.bundle.v1","config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","mediaType":"application/vnd.oci.empty.v1+json","size":2},"layers":[{"annotations":{"org.opencontainers.image.title":"a.tar.zst"},"digest":"sha256:705d1715923d83332ae7d453375ed1baece2c5ecf7e7228e4137ca9088e662bc","mediaType":"application/vnd.palette-edge.bundle.v1.tar+zstd","size":9},{"annotations":{"org.opencontainers.image.title":"a.tar.zst.sha256"},"digest":"sha256:1c9c49966971223c68192e11603404c29466c2e40f06bc507f7c570f95931109","mediaType":"application/vnd.palette-edge.bundle.v1.sha256","size":16}],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}"`,
    );
    expect(parsePublication(bytes, 'it')).toEqual(publication);
    expect(publication.files.map(isBeside)).toEqual([false, true]);
  });

  test('of parts names what they are joined to', () => {
    const names = ['a.tar.zst.part00', 'a.tar.zst.part01'];
    const parts = names.map((name) => file(name, fileMediaTypes.part));
    const list = file('a.tar.zst.parts.json', fileMediaTypes.partsList);
    const bytes = encodePublication({ bundle: 'a.tar.zst', files: [...parts, list] });
    expect(parsePublication(bytes, 'it').bundle).toBe('a.tar.zst');
    const canvos = encodePublication({ bundle: 'a.tar.zst', files: [file('a.tar.zst_part00')] });
    expect(parsePublication(canvos, 'it').bundle).toBe('a.tar.zst');
  });

  test.each([
    '../a',
    '/etc/passwd',
    'a/b',
    '..',
    '.',
    '',
    'a b',
    'a\nb',
    'ä',
    '-rf',
    '.bashrc',
    'a\\b',
    'x'.repeat(201),
  ])('a file that is called %j is refused', async (name) => {
    expect(await refusal('a.tar.zst', name)).toMatchObject({ code: 'PUBLICATION_INVALID', kind: 'content' });
    const encoding = Promise.resolve().then(() => encodePublication({ bundle: 'a', files: [file(name)] }));
    expect(await rejection(encoding)).toMatchObject({ code: 'PUBLISH_NAME_INVALID', kind: 'usage' });
  });

  test('two names that one disk takes for the same are refused, and so is none at all', async () => {
    expect(await refusal('a.tar.zst', 'A.tar.zst')).toMatchObject({ code: 'PUBLICATION_INVALID' });
    expect(await refusal()).toMatchObject({ code: 'PUBLICATION_INVALID' });
  });

  test('of something else is none', async () => {
    const image = {
      schemaVersion: 2,
      config: { mediaType: 'x', digest: digestOf('{}'), size: 2 },
      layers: [],
    };
    const reading = Promise.resolve().then(() => parsePublication(Buffer.from(JSON.stringify(image)), 'it'));
    expect(await rejection(reading)).toMatchObject({ code: 'NOT_A_PUBLICATION', kind: 'usage' });
  });

  test('with more files than registries take is not made', async () => {
    const files = Array.from({ length: 10_001 }, (_, index) => file(`p${index}`, fileMediaTypes.part));
    const encoding = Promise.resolve().then(() => encodePublication({ bundle: 'p', files }));
    expect(await rejection(encoding)).toMatchObject({ code: 'TOO_MANY_PARTS', kind: 'usage' });
  });
});

describe('a place', () => {
  test.each([
    ['s3://b/p/', { kind: 's3', place: { bucket: 'b', prefix: 'p' } }],
    [
      'oci://r.example.com/a/b',
      { kind: 'registry', repository: { registry: 'r.example.com', repository: 'a/b' }, tag: undefined },
    ],
    [
      'oci://localhost:5000/a:1.0',
      { kind: 'registry', repository: { registry: 'localhost:5000', repository: 'a' }, tag: '1.0' },
    ],
    [
      'OCI://localhost:5000/a:latest',
      { kind: 'registry', repository: { registry: 'localhost:5000', repository: 'a' }, tag: 'latest' },
    ],
  ])('%s is read', (text, place) => {
    expect(parsePublishPlace(text)).toEqual(place);
  });

  test.each([
    ['https://r.example.com/a', 'PUBLISH_URL_INVALID'],
    ['r.example.com/a', 'PUBLISH_URL_INVALID'],
    ['oci://team/app', 'PUBLISH_URL_INVALID'],
    [`oci://r.example.com/a@${digestOf('')}`, 'PUBLISH_URL_INVALID'],
    ['oci://r.example.com/A', 'REFERENCE_INVALID'],
    ['oci://user:pa55w0rd@r.example.com/a', 'REFERENCE_INVALID'],
    ['s3://', 'S3_URL_INVALID'],
  ])('%s is refused', async (text, code) => {
    const error = await rejection(Promise.resolve().then(() => parsePublishPlace(text)));
    expect(error).toMatchObject({ code, kind: 'usage' });
    expect(error.message).not.toContain('pa55w0rd');
  });

  test.each([
    ['core-edge-1a2b3c4d.tar.zst', 'core-edge-1a2b3c4d'],
    ['core-edge-1a2b3c4d.delta.tar.zst', 'core-edge-1a2b3c4d.delta'],
    ['core-edge-1a2b3c4d.tar.zst.age', 'core-edge-1a2b3c4d.age'],
    ['.a+b@c.zst', 'a-b-c.zst'],
    ['+.tar.zst', 'bundle'],
    [`${'x'.repeat(150)}.tar.zst`, 'x'.repeat(128)],
  ])('%s is tagged %s', (bundle, tag) => {
    expect(tagOf(bundle)).toBe(tag);
  });
});
