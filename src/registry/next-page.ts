/**
 * The query of the link to the next page of a list (RFC 8288). Only that: path and host stay those that were asked,
 * wherever a server or a proxy in front of it says the next page is.
 *
 * @param link the header `Link`
 * @param path what was asked for, with its query
 * @param broken makes the error for a link that makes no sense
 * @returns undefined when this page is the last
 */
export function nextPageQuery(
  link: string | undefined,
  path: string,
  broken: (reason: string) => Error,
): string | undefined {
  const target = /<([^<>]{1,4096})>\s*;[^<>]*\brel\s*=\s*"?next\b/i.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  if (!URL.canParse(target, 'http://registry/')) throw broken('the link to its next page is no URL');
  const { search } = new URL(target, 'http://registry/');
  if (search === '' || path.endsWith(search)) throw broken('the link to its next page leads back to it');
  return search;
}
