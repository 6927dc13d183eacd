const defaultPorts: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };

/** Whether the user listed the host of a URL, with its port or without any. */
export function isListedHost(hosts: ReadonlySet<string>, url: URL): boolean {
  return hostKeys(url).some((key) => hosts.has(key));
}

/** What the user said about the host of a URL: about its port rather than about all of its ports. */
export function listedFor<T>(hosts: ReadonlyMap<string, T> | undefined, url: URL): T | undefined {
  const key = hostKeys(url).find((candidate) => hosts?.has(candidate));
  return key === undefined ? undefined : hosts?.get(key);
}

/** `host:port` and `host`. */
function hostKeys(url: URL): string[] {
  return [`${url.hostname}:${portOf(url)}`, url.hostname];
}

/** The port of a URL, written in it or not. */
export function portOf(url: URL): string {
  return url.port === '' ? (defaultPorts[url.protocol] ?? '') : url.port;
}
