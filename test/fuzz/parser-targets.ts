import type { ParserTarget } from './parser-target.ts';
import { contentTargets } from './targets/content-targets.ts';
import { localTargets } from './targets/local-targets.ts';
import { paletteTargets } from './targets/palette-targets.ts';
import { registryTargets } from './targets/registry-targets.ts';

/** All parsers of bytes from outside that can be asked alone; whole bundles are read by `fuzz-round.ts`. */
export async function parserTargets(): Promise<readonly ParserTarget[]> {
  return [
    ...registryTargets,
    ...(await paletteTargets()),
    ...(await contentTargets()),
    ...(await localTargets()),
  ];
}
