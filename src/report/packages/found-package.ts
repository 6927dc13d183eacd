import type { Distribution, PackageType } from '../package.ts';

/** A package as one file tells of it, before anything else of the image is known. */
export interface FoundPackage {
  readonly type: PackageType;
  readonly name: string;
  /** As in {@link Package.version}. */
  readonly version: string;
  readonly architecture?: string | undefined;
  readonly licences: readonly string[];
  readonly supplier?: string | undefined;
  readonly homepage?: string | undefined;
  readonly goSum?: string | undefined;
  /** What it was built of, for the qualifier `upstream`: `openssl@3.0.1`, `bash-5.1.8-9.el9.src.rpm`. */
  readonly upstream?: string | undefined;
  /** Names that others may require it by, besides its own. */
  readonly provides: readonly string[];
  /** What it requires: of each, one of the alternatives. */
  readonly requires: readonly (readonly string[])[];
}

/** What one file tells. */
export interface Finding {
  readonly packages: readonly FoundPackage[];
  readonly distribution?: Distribution;
  /** Licences of a Debian package, by its copyright file. */
  readonly debianLicences?: readonly string[];
  /** What could not be read of it, in words that go on from its name. */
  readonly problems: readonly string[];
}

/** A file that cannot be read as what its name says it is. The message goes on from its name. */
export class UnreadableError extends Error {}
