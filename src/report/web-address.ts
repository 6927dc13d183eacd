/** What a package says is its address, when it is one of the web; undefined for anything else. */
export function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || !/^https?:\/\//i.test(text) || text.length > 2000) return undefined;
  return URL.parse(text)?.href;
}
