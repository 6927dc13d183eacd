import { durationText } from '../io/duration-text.ts';
import type { Warning } from '../warning.ts';
import type { BuildPlan } from './plan-build.ts';

/** Warns of registries that soon allow no more pulls. The next builds will feel it: manifests count, and this one has its. */
export function pullLimitWarnings({ registries }: BuildPlan): Warning[] {
  return registries.flatMap(({ registry, rateLimit }) => {
    if (rateLimit === undefined || rateLimit.remaining >= rateLimit.limit / 10) return [];
    const { limit, remaining, windowSeconds } = rateLimit;
    const left = `${registry} allows ${remaining} more of ${limit} pulls in ${durationText(windowSeconds)}`;
    return [
      {
        code: 'PULL_LIMIT_LOW',
        message: `${left}; those who log in have more: palette-edge login ${registry}`,
      },
    ];
  });
}
