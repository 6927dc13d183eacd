import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';

const helpGroup = 'REGISTRY';

/** How registries are reached. */
export const registryFlags = {
  concurrency: concurrencyFlag('Downloads from each registry at a time.'),
  'cred-file-path': Flags.string({
    helpGroup,
    helpValue: 'FILE',
    summary: 'Credentials in Palette’s shape, {"image": [{"endpoint", "username", "password"}]}.',
    description: 'Read before the files that docker login and podman login write.',
  }),
  'plain-http': Flags.string({
    helpGroup,
    helpValue: 'HOST',
    summary: 'Speak plain HTTP to this registry, HOST or HOST:PORT.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  insecure: Flags.string({
    helpGroup,
    helpValue: 'HOST',
    summary: 'Do not verify the TLS certificate of this registry, HOST or HOST:PORT.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  'ca-cert': Flags.string({
    helpGroup,
    helpValue: 'FILE',
    summary: 'Trust these certificate authorities too (PEM).',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  'cert-dir': Flags.string({
    helpGroup,
    helpValue: 'DIR',
    summary: 'Certificates of single registries: DIR/HOST[:PORT]/*.crt, client.cert and client.key.',
    description:
      'In place of /etc/docker/certs.d, /etc/containers/certs.d and ~/.config/containers/certs.d, which Docker and podman read.',
  }),
  'max-rate': maxRateFlag('Receive no faster than this, all downloads together'),
  mirror: Flags.string({
    helpGroup,
    helpValue: 'PREFIX=PREFIX',
    summary: 'Ask a mirror first: docker.io=mirror.example.com:5000/hub, ghcr.io/org=mirror.example.com/org.',
    description:
      'The longest prefix comes first, and the registry itself last. Names in the bundle stay as written.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  'registries-file': Flags.string({
    helpGroup,
    helpValue: 'FILE',
    summary: 'Mirrors, credentials and certificates of registries, in the format of registries.yaml of k3s.',
    defaultHelp: async () => await Promise.resolve('palette-edge/registries.yaml in the user’s settings'),
  }),
};

/** `--concurrency`, of what each command does at a time. */
export function concurrencyFlag(summary: string): Interfaces.OptionFlag<number> {
  return Flags.integer({ helpGroup, helpValue: 'N', summary, min: 1, max: 64, default: 6 });
}

/** `--max-rate`, of what each command moves. */
export function maxRateFlag(what: string): Interfaces.OptionFlag<string | undefined> {
  return Flags.string({
    helpGroup,
    helpValue: 'RATE',
    summary: `${what}: 20MB/s, 1.5MiB/s, 100Mbit/s.`,
  });
}

/** What was given for {@link registryFlags}. */
export interface RegistryFlags {
  readonly concurrency: number;
  readonly 'cred-file-path': string | undefined;
  readonly 'plain-http': readonly string[];
  readonly insecure: readonly string[];
  readonly 'ca-cert': readonly string[];
  readonly 'cert-dir': string | undefined;
  readonly 'max-rate': string | undefined;
  readonly mirror: readonly string[];
  /** False for none, not even the user's own. */
  readonly 'registries-file': string | false | undefined;
}
