import { open } from 'node:fs/promises';

import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { blobPath, tagsPath } from './store-layout.ts';
import { unlessMissing } from './unless-missing.ts';

/** More than any tool writes; what is above it is not followed, and refused. */
const maximumManifests = 100_000;

/**
 * The blobs that tags in `index.json` need, and all below them: those are other tools', which do not know of leases. Palette-edge itself
 * never tags.
 *
 * @throws PaletteEdgeError `STORE_TAGS_INVALID` (kind content) when nobody can say what is tagged
 */
export async function taggedBlobs(folder: string): Promise<ReadonlySet<Digest>> {
  const tagged = new Set<Digest>();
  const tags = await readDocument(tagsPath(folder));
  if (tags === undefined) throw invalid(folder, 'it is missing, too large or no JSON');
  const manifests = descriptorsIn(tags, ['manifests']);
  // Grows while it is walked.
  for (const digest of manifests) {
    if (manifests.size > maximumManifests)
      throw invalid(folder, `it names over ${maximumManifests} manifests`);
    tagged.add(digest);
    const document = await readDocument(blobPath(folder, digest));
    if (document === undefined) continue;
    for (const below of descriptorsIn(document, ['manifests', 'subject'])) manifests.add(below);
    for (const below of descriptorsIn(document, ['config', 'layers', 'blobs'])) tagged.add(below);
  }
  return tagged;
}

/** @returns undefined when there is none, or it is none: tags may name what is not here */
async function readDocument(path: string): Promise<unknown> {
  const file = await unlessMissing(open(path, 'r'));
  if (file === undefined) return undefined;
  try {
    if ((await file.stat()).size > maximumManifestSize) return undefined;
    const document: unknown = JSON.parse(await file.readFile('utf8'));
    return document;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

/** Digests of the descriptors in some fields of a manifest or index of any kind. */
function descriptorsIn(document: unknown, fields: readonly string[]): Set<Digest> {
  if (!isRecord(document)) return new Set();
  const digests = fields
    .flatMap((field) => document[field])
    .map((descriptor) => (isRecord(descriptor) ? descriptor['digest'] : undefined));
  return new Set(digests.filter((digest) => typeof digest === 'string').filter(isDigest));
}

function invalid(folder: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'STORE_TAGS_INVALID',
    `reading the tags in ${tagsPath(folder)} failed: ${reason}`,
    {
      kind: 'content',
      suggestions: ['Put it right, or delete the store: all of it can be pulled again.'],
    },
  );
}
