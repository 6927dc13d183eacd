import { authorityFiles, authorityName } from './serve-client-setup.ts';
import type { ClientFile, ClientLogin, ClientSetup, ServedRegistry } from './serve-client-setup.ts';

const folder = '/etc/containerd/certs.d';

/**
 * The `hosts.toml` of each registry (https://github.com/containerd/containerd/blob/main/docs/hosts.md). The server takes the
 * place of the registry, so nothing else is asked.
 */
export function containerdConfig(setup: ClientSetup): ClientFile[] {
  const hosts = setup.registries.map((registry) => ({
    path: `${folder}/${registry.registry}/hosts.toml`,
    text: hostsFile(setup, registry),
    isSecret: setup.login?.password !== undefined,
  }));
  return [...hosts, ...authorityFiles(setup, `${folder}/${authorityName}`)];
}

function hostsFile({ origin, authority, login }: ClientSetup, { path }: ServedRegistry): string {
  return [
    `server = ${JSON.stringify(`${origin}/v2/${path}`)}`,
    'capabilities = ["pull", "resolve"]',
    'override_path = true',
    // A path that is not absolute begins in the folder of this file.
    ...(authority === undefined ? [] : [`ca = "../${authorityName}"`]),
    ...(login === undefined ? [] : headerOf(login)),
    '',
    '# Nothing else is asked; containerd 1.6 does not read a file without this table.',
    '[host]',
    '',
  ].join('\n');
}

function headerOf({ username, password }: ClientLogin): string[] {
  if (password !== undefined) {
    const encoded = Buffer.from(`${username}:${password}`).toString('base64');
    return ['', '[header]', `  authorization = "Basic ${encoded}"`];
  }
  return [
    '',
    '[header]',
    // Long ones are wrapped by base64, and no line of the file can be.
    `  # printf '%s' ${shellQuoted(`${username}:PASSWORD`)} | base64 | tr -d '\\n'`,
    '  authorization = "Basic BASE64"',
  ];
}

/** A text as one word of a POSIX shell, whatever is in it. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
