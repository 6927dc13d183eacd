import type { NameMapping } from '../oci/name-mapping.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { retryView } from '../views/retry-view.ts';
import { slowDownView } from '../views/slow-down-view.ts';
import type { BasePlace } from '../workflows/base-place.ts';
import { registryBase } from '../workflows/registry-base.ts';
import type { BaseRequest } from '../workflows/open-with-bases.ts';
import { baseRequest } from './base-flags.ts';
import { slowDownNews } from './slow-down-news.ts';
import { namePrefix } from './prefix-pair.ts';
import type { PrefixFlag } from './prefix-pair.ts';
import type { Progress } from './progress.ts';
import type { RegistryFlags } from './registry-flags.ts';

/** What was given for the flags of bases. */
export interface WiredBaseFlags extends Omit<RegistryFlags, 'mirror' | 'concurrency' | 'max-rate'> {
  readonly base: readonly string[];
  readonly 'base-registry': readonly string[];
}

/** Bases, and what reaches them. Disposing closes every connection. */
export interface BaseWiring extends AsyncDisposable {
  /** Undefined when none were given. */
  readonly bases: BaseRequest | undefined;
}

/** The rest of what bases are reached with. */
export interface BaseWiringOptions {
  /** Of oclif: what the tool calls itself. */
  readonly config: { readonly bin: string; readonly version: string };
  /** Where they are as well, asked before registries. */
  readonly places?: readonly BasePlace[];
  /** Shows when a registry has to be asked again. */
  readonly progress: Progress;
}

/** Downloads at a time. */
const concurrency = 6;

const baseRegistry: PrefixFlag = {
  name: '--base-registry',
  code: 'REGISTRY_INVALID',
  example: 'registry.example.com:5000/hub',
  shape: 'HOST[:PORT][/PREFIX]',
};

/**
 * Bases from flags.
 *
 * @throws PaletteEdgeError `REGISTRY_INVALID` (kind usage), for files that cannot be read or make no sense
 */
export async function wireBases(
  flags: WiredBaseFlags,
  { config, places = [], progress }: BaseWiringOptions,
): Promise<BaseWiring> {
  if (flags['base-registry'].length === 0)
    return {
      bases: baseRequest(flags, places),
      [Symbol.asyncDispose]: async () => await Promise.resolve(),
    };
  const reach = { ...flags, concurrency, mirror: [], 'max-rate': undefined };
  // Most sites have no such registry: without one, its client and all of HTTP need not be loaded, which takes longer than the rest of a command's start.
  const { wireRegistry } = await import('./wire-registry.ts');
  const wiring = await wireRegistry(reach, `${config.bin}/${config.version}`);
  const isNews = slowDownNews();
  const client = wiring.createRegistryClient((retry) => {
    if (isNews(retry)) progress.tell(slowDownView(retry) ?? retryView(retry));
  });
  const registries = registryBases(flags['base-registry'], client);
  return {
    bases: baseRequest(flags, [...places, ...registries]),
    [Symbol.asyncDispose]: async () => await wiring[Symbol.asyncDispose](),
  };
}

/**
 * Registries that bases were pushed to.
 *
 * @param mappings renames that they were pushed with
 * @throws PaletteEdgeError `REGISTRY_INVALID` (kind usage)
 */
export function registryBases(
  names: readonly string[],
  client: RegistryClient,
  mappings: readonly NameMapping[] = [],
): readonly BasePlace[] {
  return [...new Set(names)].map((name) =>
    registryBase({ destination: namePrefix(name, baseRegistry), mappings, client }),
  );
}
