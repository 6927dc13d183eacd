import type { Digest } from '../oci/digest.ts';
import { elementId } from './element-id.ts';
import type { ReportedArtifact, ReportedFile, ReportedImage, ReportedPlatform } from './report-content.ts';

/** Names of elements within a document, the same in all that tells of them. */
export const contentIds = {
  bundle: 'Bundle',
  image: ({ reference }: ReportedImage): string =>
    elementId(`Image-${lastPart(reference)}`, ['image', reference]),
  platform: ({ digest, platform = 'unknown' }: ReportedPlatform): string =>
    elementId(`Platform-${platform}`, ['platform', digest]),
  layer: (layer: Digest): string => elementId('Layer', ['layer', layer]),
  artifact: ({ reference }: ReportedArtifact): string =>
    elementId(`Artifact-${lastPart(reference)}`, ['artifact', reference]),
  file: ({ name }: ReportedFile): string => elementId(`File-${lastPart(name)}`, ['file', name]),
  system: ({ digest }: ReportedPlatform): string => elementId('System', ['system', digest]),
  /** @param id of a package of the platform's image */
  found: ({ digest }: ReportedPlatform, id: string): string =>
    elementId(`Package-${lastPart(id.split(/[@?]| /, 1)[0] ?? id)}`, ['package', digest, id]),
};

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
