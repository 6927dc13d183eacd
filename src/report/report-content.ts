import type { Digest } from '../oci/digest.ts';
import type { ImagePackages } from './package.ts';

/** What reports tell of a bundle. The same bundle gives the same. */
export interface ReportContent {
  readonly name: string;
  /** Of the plain bundle. */
  readonly id: string;
  /** Of the bytes of the plain inventory, which name all that is in the bundle. */
  readonly inventory: Digest;
  /** Patterns of images that were chosen; empty for all. */
  readonly chosen: readonly string[];
  /** What makes the report. */
  readonly tool: ReportTool;
  /** A moment that follows from the content: UTC, RFC 3339 with whole seconds. */
  readonly created: string;
  /** By reference. */
  readonly images: readonly ReportedImage[];
  /** By reference. */
  readonly artifacts: readonly ReportedArtifact[];
  /** By name. */
  readonly files: readonly ReportedFile[];
}

/** A program with its version. */
export interface ReportTool {
  readonly name: string;
  readonly version: string;
}

/** A name of an image that containers run. */
export interface ReportedImage {
  /** In full. */
  readonly reference: string;
  /** Of the root manifest. */
  readonly digest: Digest;
  /** Names of one image share them, and images may. */
  readonly platforms: readonly ReportedPlatform[];
}

/** The image of a platform, and what was found in its layers. */
export interface ReportedPlatform {
  /** Of its manifest. */
  readonly digest: Digest;
  /** As `linux/amd64`; absent when it is not known. */
  readonly platform?: string | undefined;
  /** As the manifest lists them: the lowest first. */
  readonly layers: readonly Digest[];
  readonly content: ImagePackages;
}

/** What is in the bundle like an image, and is none: charts, signatures, attestations. */
export interface ReportedArtifact {
  /** In full. */
  readonly reference: string;
  readonly digest: Digest;
  /** What it is, as `application/spdx+json`. */
  readonly artifactType?: string | undefined;
  /** Of a Helm chart. */
  readonly chart?: { readonly name: string; readonly version: string } | undefined;
  /** References of the images that it is about: of signatures, attestations, SBOMs. */
  readonly about: readonly string[];
}

/** A file that was added as it is. */
export interface ReportedFile {
  readonly name: string;
  readonly digest: Digest;
}

/** All platforms of a report, each once. */
export function distinctPlatforms({ images }: Pick<ReportContent, 'images'>): readonly ReportedPlatform[] {
  const platforms = images.flatMap((image) => image.platforms);
  return [...new Map(platforms.map((platform) => [platform.digest, platform])).values()];
}

/** Whether an artifact is a bill of materials that came with an image. */
export function isBillOfMaterials({ artifactType = '' }: ReportedArtifact): boolean {
  return /spdx|cyclonedx|syft/i.test(artifactType);
}
