/** A field that says how many Helm charts there are; none when there are none. */
export function chartsField(charts: number | undefined): [string, string][] {
  return charts === undefined || charts === 0 ? [] : [['charts', String(charts)]];
}
