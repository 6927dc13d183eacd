import type { Digest } from '../oci/digest.ts';
import type { Origin } from '../oci/origin.ts';
import type { Platform } from '../oci/descriptor.ts';
import type { Reference } from '../oci/reference.ts';

/** What a bundle is built from, pinned: docs/definition-file.md. */
export interface Definition {
  readonly options: DefinitionOptions;
  readonly profiles: readonly DefinedProfile[];
  readonly images: readonly DefinedImage[];
  readonly charts: readonly DefinedChart[];
  readonly files: readonly DefinedFile[];
}

/** What flags of `build` say otherwise; undefined and empty leave it to them. */
export interface DefinitionOptions {
  /** Of the bundle. */
  readonly name?: string | undefined;
  /** Kept platforms; undefined keeps all. */
  readonly platforms?: readonly Platform[] | undefined;
  readonly allowMissingPlatform?: boolean | undefined;
  /** zstd level, 1 to 19. */
  readonly compressionLevel?: number | undefined;
  /** Renames, `PREFIX=PREFIX`. */
  readonly map: readonly string[];
  /** Patterns of references that are left out. */
  readonly exclude: readonly string[];
}

/** A profile that the images come from, without anything that could be a secret. */
export interface DefinedProfile {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly packs: readonly DefinedPack[];
}

/** A pack of a profile. */
interface DefinedPack {
  readonly name: string;
  readonly type: string;
  readonly layer: string;
  readonly version: string;
}

/** An image; its tag is a name, its digest is what is pulled. */
export interface DefinedImage {
  readonly reference: Reference;
  /** The reference in full. */
  readonly name: string;
  /** What the tag stands for; undefined for whatever it does when the bundle is built. */
  readonly digest?: Digest | undefined;
  /** Every place that asks for it; undefined for an entry that somebody added by hand. */
  readonly origins?: readonly Origin[] | undefined;
  /** Of the entry, from 1. */
  readonly line: number;
}

/** A Helm chart. */
export interface DefinedChart {
  /** URL of the repository, without a query. */
  readonly repository: string;
  readonly name: string;
  /** The version or range that is asked for, when it is not the exact version; empty for the newest. */
  readonly wanted?: string | undefined;
  /** The exact version; undefined when it is not known yet. */
  readonly version?: string | undefined;
  /** Of the archive in an HTTP repository, of the manifest in a registry. */
  readonly digest?: Digest | undefined;
  /** Whether the digest is asked for, too: then it never moves, and the name of a chart of a registry has it. */
  readonly wantsDigest?: boolean | undefined;
  /** Of the provenance file beside the archive in an HTTP repository; undefined for whatever is there. */
  readonly provenance?: Digest | 'none' | undefined;
  /** As those of an image. */
  readonly origins?: readonly Origin[] | undefined;
  /** Of the entry, from 1. */
  readonly line: number;
}

/** What tells a chart from others: the same, and another version or digest wanted, is another one. */
export function chartKey(
  chart: Omit<DefinedChart, 'line' | 'digest'> & { readonly digest?: string | undefined },
): string {
  const { repository, name, wanted, version, digest, wantsDigest } = chart;
  const asked = [repository, name, wanted ?? version ?? ''];
  return JSON.stringify(wantsDigest === true ? [...asked, digest ?? ''] : asked);
}

/** A file that goes into the bundle as it is. */
export interface DefinedFile {
  /** From the folder of the definition. */
  readonly path: string;
  readonly name: string;
  /** What it has to be; undefined for whatever it is. */
  readonly digest?: Digest | undefined;
}

/** The version of the form of the file. */
export const definitionVersion = 1;
