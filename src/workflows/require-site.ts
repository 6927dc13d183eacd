import { PaletteEdgeError } from '../errors.ts';

/**
 * That a site is in the fleet.
 *
 * @param known names of all sites
 * @throws PaletteEdgeError `FLEET_SITE_UNKNOWN` (kind usage)
 */
export function requireSite(name: string, known: ReadonlySet<string>): void {
  if (known.has(name)) return;
  const message = `the fleet has no site ${JSON.stringify(name.slice(0, 80))}`;
  throw new PaletteEdgeError('FLEET_SITE_UNKNOWN', message, {
    kind: 'usage',
    suggestions: ['palette-edge fleet status FILE lists the sites.'],
  });
}
