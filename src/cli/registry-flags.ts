import { Flags } from '@oclif/core';

const helpGroup = 'REGISTRY';

/** How registries are reached. */
export const registryFlags = {
  concurrency: Flags.integer({
    helpGroup,
    helpValue: 'N',
    summary: 'Downloads from each registry at a time.',
    min: 1,
    max: 64,
    default: 6,
  }),
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
};

/** What was given for {@link registryFlags}. */
export interface RegistryFlags {
  readonly concurrency: number;
  readonly 'cred-file-path': string | undefined;
  readonly 'plain-http': readonly string[];
  readonly insecure: readonly string[];
  readonly 'ca-cert': readonly string[];
}
