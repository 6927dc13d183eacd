import { authorityFiles } from './serve-client-setup.ts';
import type { ClientFile, ClientSetup, ServedRegistry } from './serve-client-setup.ts';

/**
 * The drop-in of podman, CRI-O, skopeo and buildah (containers-registries.conf.d(5)). The server takes the place of the registries, so nothing
 * else is asked.
 */
export function podmanConfig(setup: ClientSetup): ClientFile[] {
  const { registries, host } = setup;
  const dropIn = {
    path: '/etc/containers/registries.conf.d/50-palette-edge-serve.conf',
    text: [...loginHint(setup), ...registries.map((registry) => registryTable(setup, registry))].join('\n'),
    isSecret: false,
  };
  // containers-certs.d(5)
  const authority = authorityFiles(setup, `/etc/containers/certs.d/${host}/ca.crt`);
  return [dropIn, ...authority, ...loginFiles(setup)];
}

function registryTable({ origin, host }: ClientSetup, { registry, path }: ServedRegistry): string {
  return [
    '[[registry]]',
    `prefix = ${JSON.stringify(registry)}`,
    `location = ${JSON.stringify(`${host}/${path}`)}`,
    ...(origin.startsWith('http:') ? ['insecure = true'] : []),
    '',
  ].join('\n');
}

function loginHint({ host, login }: ClientSetup): string[] {
  if (login === undefined || login.password !== undefined) return [];
  return [`# It needs a login: podman login --username ${JSON.stringify(login.username)} ${host}`, ''];
}

/** containers-auth.json(5), in a file of its own: those of others are not ours to replace. */
function loginFiles({ host, login }: ClientSetup): ClientFile[] {
  if (login?.password === undefined) return [];
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  const text = `${JSON.stringify({ auths: { [host]: { auth } } }, undefined, 2)}\n`;
  return [{ path: '/etc/containers/palette-edge-auth.json', text, isSecret: true }];
}
