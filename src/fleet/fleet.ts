/** What sites get, and how: docs/fleet.md. Paths are as they were written, from the folder of the file. */
export interface Fleet {
  /** Folder that bundles are written to. */
  readonly bundles: string;
  /** Further folders in which bundles are looked for that sites have. */
  readonly bases: readonly string[];
  /** Path of the state file. */
  readonly state: string;
  /** How many delta bundles follow each other before a site gets a full bundle. */
  readonly chainLimit: number;
  /** Where bundles are published, and bases fetched from: `oci://REGISTRY/REPOSITORY`, `s3://BUCKET[/PREFIX]`; undefined for nowhere. */
  readonly publish?: string | undefined;
  /** Sorted by name. */
  readonly sites: readonly FleetSite[];
}

/** A site with what it is to have. */
export interface FleetSite {
  readonly name: string;
  readonly group: string;
  readonly content: FleetContent;
  readonly options: SiteOptions;
}

/** What goes into a bundle; the fields are those of flags of `build`. A type, as canonical JSON takes only such; so is the next. */
export type FleetContent = {
  readonly name: string;
  readonly profiles: readonly string[];
  /** Uids of profiles in Palette. */
  readonly paletteProfiles: readonly string[];
  readonly images: readonly string[];
  readonly imagesFiles: readonly string[];
  readonly manifests: readonly string[];
  readonly charts: readonly string[];
  /** In place of all others. */
  readonly definition?: string | undefined;
};

/** How a bundle is made for a site. */
export type SiteOptions = {
  /** Empty keeps all. */
  readonly arch: readonly string[];
  readonly map: readonly string[];
  readonly exclude: readonly string[];
  readonly squeeze?: FleetEffort | undefined;
  /** Bytes of a part. */
  readonly split?: number | undefined;
  /** Path of the key that signs. */
  readonly privateKey?: string | undefined;
  /** Public keys, `age1…`. */
  readonly encryptTo: readonly string[];
  readonly iso: boolean;
};

/** How much effort squeezing takes. */
export type FleetEffort = 'fast' | 'balanced' | 'max';
