/** A field that says how many companions there are; none when they were not looked for. */
export function companionsField(companions: number | undefined): [string, string][] {
  return companions === undefined ? [] : [['companions', String(companions)]];
}
