import type { Digest } from '../oci/digest.ts';
import type { Warning } from '../warning.ts';

/** The kinds of packages that are found, named as the types of package URLs are. */
export type PackageType = 'deb' | 'apk' | 'rpm' | 'golang' | 'npm' | 'pypi';

/** Something that was put into an image as a unit with a name and a version. */
export interface Package {
  /** Package URL and path: no other package of the same image has it. {@link Package.dependsOn} names others by it. */
  readonly id: string;
  readonly type: PackageType;
  /** As its own world says it: with the scope for npm, and the whole module path for Go. */
  readonly name: string;
  /** With epoch and release, as the database of the distribution shows it. Empty when it is not known: Go calls it `(devel)`. */
  readonly version: string;
  /** Package URL (purl-spec, "Rules for each purl component"). */
  readonly purl: string;
  /** As the distribution calls it: amd64, x86_64, noarch. */
  readonly architecture?: string;
  /** What the package's metadata says, word for word: expressions of SPDX, or any other text. Without repetitions. */
  readonly licences: readonly string[];
  /** Who maintains or sells it: deb's Maintainer, apk's m, rpm's Vendor, the author of npm and Python packages. */
  readonly supplier?: string;
  /** A web address. */
  readonly homepage?: string;
  /** Its checksum in Go's own form, `h1:…` (a hash of hashes, of the module's zip). */
  readonly goSum?: string;
  /** Of the layer that has the file at {@link Package.path}, as the manifest lists it. */
  readonly layer: Digest;
  /** The file that tells of it, from the root of the image, without a slash before it: the database, the binary, the metadata. */
  readonly path: string;
  /** Ids of other packages of the image, sorted: what the databases say, as far as it is in the image; of a Go program its modules. */
  readonly dependsOn: readonly string[];
}

/** What os-release says an image is. Each is as it is there, and may be missing. */
export interface Distribution {
  /** debian, alpine, rhel. */
  readonly id?: string;
  /** 12, 3.20.1 */
  readonly versionId?: string;
  /** For people: Debian GNU/Linux 12 (bookworm). */
  readonly prettyName?: string;
}

/** The packages of one image of one platform. The same layers give the same, in the same order. */
export interface ImagePackages {
  readonly distribution?: Distribution;
  /** By type, name, version, and path. */
  readonly packages: readonly Package[];
  /** What could not be read, by path and layer. The image is for whoever knows its name to add. */
  readonly warnings: readonly Warning[];
}
