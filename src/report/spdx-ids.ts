import type { Digest } from '../oci/digest.ts';
import { contentIds } from './content-ids.ts';
import type { ReportedArtifact, ReportedFile, ReportedImage, ReportedPlatform } from './report-content.ts';

/** {@link contentIds} as SPDX writes them (SPDX 2.3, "7.2 Package SPDX identifier field"). */
export const spdxIds = {
  bundle: spdxRef(contentIds.bundle),
  image: (image: ReportedImage): string => spdxRef(contentIds.image(image)),
  platform: (platform: ReportedPlatform): string => spdxRef(contentIds.platform(platform)),
  layer: (layer: Digest): string => spdxRef(contentIds.layer(layer)),
  artifact: (artifact: ReportedArtifact): string => spdxRef(contentIds.artifact(artifact)),
  file: (file: ReportedFile): string => spdxRef(contentIds.file(file)),
  system: (platform: ReportedPlatform): string => spdxRef(contentIds.system(platform)),
  found: (platform: ReportedPlatform, id: string): string => spdxRef(contentIds.found(platform, id)),
};

function spdxRef(id: string): string {
  return `SPDXRef-${id}`;
}
