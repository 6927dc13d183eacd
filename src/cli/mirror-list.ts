import type { PrefixMirror } from '../registry/route.ts';
import { prefixPair } from './prefix-pair.ts';
import type { PrefixFlag } from './prefix-pair.ts';

const flag: PrefixFlag = {
  name: '--mirror',
  code: 'MIRROR_INVALID',
  example: 'docker.io=mirror.example.com:5000/hub',
  pointless: 'names a mirror of itself',
};

/**
 * Reads the values of `--mirror`: `docker.io=mirror.corp:5000/hub`, `ghcr.io/org=[fd00::1]:5000/ghcr-org`.
 *
 * @throws PaletteEdgeError `MIRROR_INVALID` (kind usage); what may be a password is not told
 */
export function mirrorList(texts: readonly string[]): PrefixMirror[] {
  return texts.map((text) => {
    const { from, to } = prefixPair(text, flag);
    return { original: from, mirror: to };
  });
}
