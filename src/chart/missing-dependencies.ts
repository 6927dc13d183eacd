import type { ChartFiles } from './chart-archive.ts';
import type { ChartMetadata } from './chart-metadata.ts';

/**
 * The charts that a chart says it needs and does not have in `charts/`, sorted. Helm fetches them only when the chart is packaged,
 * and refuses to install one that lacks any (`CheckDependencies`).
 */
export function missingDependencies({ dependencies }: ChartMetadata, files: ChartFiles): string[] {
  const names = new Set(
    [...files.keys()].flatMap((path) => /^charts\/([^/]+)\/Chart\.yaml$/.exec(path)?.[1] ?? []),
  );
  return [...new Set(dependencies)].filter((name) => !names.has(name)).toSorted();
}
