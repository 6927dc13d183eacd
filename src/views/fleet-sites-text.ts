const shown = 3;

/** Sites in few words: the first ones, and how many more there are. */
export function sitesText(sites: readonly string[]): string {
  if (sites.length === 0) return '(base of later ones)';
  const more = sites.length - shown;
  return `${sites.slice(0, shown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
