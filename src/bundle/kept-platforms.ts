import type { Platform } from '../oci/descriptor.ts';
import type { BundledImage } from './inventory.ts';

/** Platforms that a bundle keeps of an image; undefined when it has none, as artifacts do, and everything is kept. */
export function keptPlatforms({
  platforms,
  omittedPlatforms,
}: Pick<BundledImage, 'platforms' | 'omittedPlatforms'>): Platform[] | undefined {
  return platforms.length + omittedPlatforms.length > 0 ? platforms.map(splitPlatform) : undefined;
}

/** The inventory's own texts, which are already normalised. */
function splitPlatform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/');
  return { os, architecture, variant };
}
