const maximumNamed = 5;

/** The first of many names, for messages: `a, b, c, d, e and 12 more`. */
export function someOf(names: readonly string[]): string {
  const more = names.length > maximumNamed ? ` and ${names.length - maximumNamed} more` : '';
  return `${names.slice(0, maximumNamed).join(', ')}${more}`;
}
