import type { Json } from '../io/canonical-json.ts';
import { spdxIds } from './spdx-ids.ts';
import { distinctPlatforms } from './report-content.ts';
import type { ReportContent, ReportedPlatform } from './report-content.ts';

/**
 * How the elements of a document belong together (SPDX 2.3, "11 Relationship between SPDX elements"): the document describes the bundle, which
 * contains images, files and others; images contain platforms, and these layers and packages. A layer contains what was found in it.
 */
export function* spdxRelationships(content: ReportContent): Generator<Json, void, undefined> {
  yield related('SPDXRef-DOCUMENT', 'DESCRIBES', spdxIds.bundle);
  for (const image of content.images) yield related(spdxIds.bundle, 'CONTAINS', spdxIds.image(image));
  for (const artifact of content.artifacts)
    yield related(spdxIds.bundle, 'CONTAINS', spdxIds.artifact(artifact));
  for (const file of content.files) yield related(spdxIds.bundle, 'CONTAINS', spdxIds.file(file));
  yield* aboutOthers(content);
  for (const image of content.images) {
    for (const platform of image.platforms)
      yield related(spdxIds.image(image), 'CONTAINS', spdxIds.platform(platform));
  }
  for (const platform of distinctPlatforms(content)) yield* ofPlatform(platform);
}

/** Signatures, attestations and SBOMs belong to images, or to each other. */
function* aboutOthers({ images, artifacts }: ReportContent): Generator<Json, void, undefined> {
  const ids = new Map([
    ...artifacts.map((artifact) => [artifact.reference, spdxIds.artifact(artifact)] as const),
    ...images.map((image) => [image.reference, spdxIds.image(image)] as const),
  ]);
  for (const artifact of artifacts) {
    for (const reference of artifact.about) {
      const owner = ids.get(reference);
      if (owner !== undefined) yield related(spdxIds.artifact(artifact), 'METAFILE_OF', owner);
    }
  }
}

function* ofPlatform(platform: ReportedPlatform): Generator<Json, void, undefined> {
  const { layers, content } = platform;
  const own = spdxIds.platform(platform);
  for (const layer of new Set(layers)) yield related(own, 'CONTAINS', spdxIds.layer(layer));
  if (content.distribution?.id !== undefined) yield related(own, 'CONTAINS', spdxIds.system(platform));
  for (const found of content.packages) {
    const id = spdxIds.found(platform, found.id);
    yield related(own, 'CONTAINS', id);
    yield related(spdxIds.layer(found.layer), 'CONTAINS', id);
    for (const other of found.dependsOn) yield related(id, 'DEPENDS_ON', spdxIds.found(platform, other));
  }
}

function related(from: string, relationshipType: string, to: string): Json {
  return { spdxElementId: from, relationshipType, relatedSpdxElement: to };
}
