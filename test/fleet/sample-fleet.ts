import type { BuiltBundle } from '../../src/fleet/fleet-state.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';

/** A line of a state, for a content that is told apart by a word. */
export function builtBundle(
  bundle: string,
  content: string,
  delta: Pick<BuiltBundle, 'base' | 'chain'> = { chain: 0 },
): BuiltBundle {
  const inventory = digestOf(content);
  const id = digestHex(inventory).slice(0, 8);
  const sha256 = digestHex(digestOf(`${bundle} ${content}`));
  return { bundle, id, inventory, file: `${bundle}-${id}.tar.zst`, bytes: 1000, sha256, ...delta };
}
