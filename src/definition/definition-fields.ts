import type { Json } from '../io/canonical-json.ts';
import { formatPlatform } from '../oci/platform.ts';
import type {
  DefinedChart,
  DefinedFile,
  DefinedImage,
  DefinedProfile,
  DefinitionOptions,
} from './definition.ts';

/** The fields of an entry of a definition, in their order; those that are undefined are not written. */
export type Fields = Readonly<Record<string, Json | undefined>>;

/** Options; what is left to flags is not written. */
export function optionFields(options: DefinitionOptions): Fields {
  const { name, platforms = [], allowMissingPlatform, compressionLevel, map, exclude } = options;
  return {
    name,
    platforms: platforms.map(formatPlatform),
    allowMissingPlatform,
    compressionLevel,
    map: [...map],
    exclude: [...exclude],
  };
}

/** A profile. */
export function profileFields({ name, version, type, packs }: DefinedProfile): Fields {
  return { name, version, type, packs: packs.map((pack) => ({ ...pack })) };
}

/** An image, by its reference in full. */
export function imageFields({ name, digest, origins }: Omit<DefinedImage, 'line'>): Fields {
  return { reference: name, digest, origins: origins?.map((origin) => ({ ...origin })) };
}

/** A chart. */
export function chartFields({ origins, ...chart }: Omit<DefinedChart, 'line'>): Fields {
  const { repository, name, wanted, version, digest, wantsDigest, provenance } = chart;
  return {
    repository,
    name,
    wanted,
    version,
    digest,
    wantsDigest,
    provenance,
    origins: origins?.map((origin) => ({ ...origin })),
  };
}

/** A file. */
export function fileFields({ path, name, digest }: DefinedFile): Fields {
  return { path, name, digest };
}
