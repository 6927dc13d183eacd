import { stringify } from 'yaml';

import { authorityFiles, authorityName, passwordPlaceholder } from './serve-client-setup.ts';
import type { ClientFile, ClientSetup } from './serve-client-setup.ts';

/** Distributions that read `registries.yaml`. */
export type RancherDistribution = 'k3s' | 'rke2';

/** The `registries.yaml` of k3s and RKE2 (https://docs.k3s.io/installation/private-registry). */
export function k3sConfig(setup: ClientSetup, distribution: RancherDistribution): ClientFile[] {
  const { origin, host, registries, login } = setup;
  const folder = `/etc/rancher/${distribution}`;
  const authorityPath = `${folder}/${authorityName}`;
  const mirrors = registries.map(({ registry, path }) => [registry, { endpoint: [`${origin}/v2/${path}`] }]);
  const config = {
    ...(login !== undefined && {
      auth: { username: login.username, password: login.password ?? passwordPlaceholder },
    }),
    ...(setup.authority !== undefined && { tls: { ca_file: authorityPath } }),
  };
  const document = {
    mirrors: Object.fromEntries(mirrors),
    ...(Object.keys(config).length > 0 && { configs: { [host]: config } }),
  };
  const file = {
    path: `${folder}/registries.yaml`,
    // A line that is folded would be read, too, but not by people.
    text: stringify(document, { lineWidth: 0 }),
    isSecret: login?.password !== undefined,
  };
  return [file, ...authorityFiles(setup, authorityPath)];
}
