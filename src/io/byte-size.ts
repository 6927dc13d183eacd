const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes for a person, decimal units, three significant digits: `1.23 GB`, `512 B`. Same text in every locale. */
export function formatByteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const decimals = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(decimals)} ${units[unit]}`;
}
