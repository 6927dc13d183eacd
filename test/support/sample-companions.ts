import type { ImageToBundle } from '../../src/bundle/plan-bundle.ts';
import { fallbackTag } from '../../src/oci/companion-tags.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { imageToBundle, noise, sampleContent, writeSample } from './sample-bundle.ts';
import type { SampleBundle } from './sample-bundle.ts';
import { addImage, addIndex, graphOf, MemoryBlobs } from './sample-images.ts';

export const sbomType = 'application/spdx+json';

/** A signature as cosign makes it: the config of an image without a platform, and the signed payload as the one layer. */
export function addSignature(blobs: MemoryBlobs, subject: Digest, note = ''): Descriptor {
  const payload = JSON.stringify({
    critical: { image: { 'docker-manifest-digest': subject } },
    optional: { note },
  });
  const layer = {
    ...blobs.add(payload, 'application/vnd.dev.cosign.simplesigning.v1+json'),
    annotations: { 'dev.cosignproject.cosign/signature': 'MEUCIQ==' },
  };
  const config = blobs.addJson(
    {
      architecture: '',
      created: '0001-01-01T00:00:00Z',
      history: [{ created: '0001-01-01T00:00:00Z' }],
      os: '',
      rootfs: { type: 'layers', diff_ids: [digestOf(payload)] },
      config: {},
    },
    mediaTypes.ociConfig,
  );
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] };
  return blobs.addJson(manifest, mediaTypes.ociManifest);
}

/** An SBOM as `oras attach` makes it: an artifact with an empty config and a subject. */
export function addSbom(blobs: MemoryBlobs, subject: Descriptor, content = 'an SBOM'): Descriptor {
  const { mediaType, digest, size } = subject;
  const layer = blobs.addJson({ spdxVersion: 'SPDX-2.3', name: content }, sbomType);
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: sbomType,
    config: { ...blobs.add('{}', mediaTypes.ociEmpty), data: 'e30=' },
    layers: [layer],
    subject: { mediaType, digest, size },
    annotations: { 'org.opencontainers.image.created': '2024-01-01T00:00:00Z' },
  };
  return { ...blobs.addJson(manifest, mediaTypes.ociManifest), artifactType: sbomType };
}

/** A companion as a build finds it. */
async function companionToBundle(
  blobs: MemoryBlobs,
  { reference, root, of, subject }: { reference: string; root: Descriptor; of: string; subject: Digest },
): Promise<ImageToBundle> {
  return {
    reference: parseReference(reference),
    origins: [{ kind: 'referrer', of, subject }],
    graph: await graphOf(blobs, root),
  };
}

/**
 * All kinds of companions of an image `repository:tag`: a signature under cosign's tag, an SBOM found by the API with a
 * signature of its own, and the list of both under the fallback tag.
 */
export async function sampleCompanions(
  blobs: MemoryBlobs,
  { repository, tag, root }: { repository: string; tag: string; root: Descriptor },
): Promise<ImageToBundle[]> {
  const of = `${repository}:${tag}`;
  const sbom = addSbom(blobs, root);
  const list = addIndex(blobs, [sbom]);
  const own = { of, subject: root.digest };
  const sbomName = `${repository}@${sbom.digest}`;
  const signed = (subject: Digest) => `${repository}:${fallbackTag(subject)}.sig`;
  return await Promise.all(
    [
      { ...own, reference: signed(root.digest), root: addSignature(blobs, root.digest) },
      { ...own, reference: sbomName, root: sbom },
      { ...own, reference: `${repository}:${fallbackTag(root.digest)}`, root: list },
      {
        of: sbomName,
        subject: sbom.digest,
        reference: signed(sbom.digest),
        root: addSignature(blobs, sbom.digest),
      },
    ].map(async (companion) => await companionToBundle(blobs, companion)),
  );
}

/** A bundle in memory with one image, `ghcr.io/org/app:1.0`, that has all kinds of companions. */
export async function sampleBundleWithCompanions(): Promise<SampleBundle> {
  const blobs = new MemoryBlobs();
  const root = addImage(blobs, noise(9000, 1));
  const images = [
    imageToBundle('ghcr.io/org/app:1.0', await graphOf(blobs, root)),
    ...(await sampleCompanions(blobs, { repository: 'ghcr.io/org/app', tag: '1.0', root })),
  ];
  return await writeSample({ ...(await sampleContent(blobs)), images }, blobs);
}
