import { formatOrigin } from '../oci/origin.ts';
import type { ChartRequests } from '../profile/request-charts.ts';
import type { ImageRequests } from '../profile/request-images.ts';
import { withoutQuery } from '../profile/requested-chart.ts';
import { textTable } from './text-table.ts';

/** References, and charts, with every place that asks for them. */
export function resolveView({
  images,
  charts = [],
}: ImageRequests & Partial<Pick<ChartRequests, 'charts'>>): string {
  const rows = images.flatMap(({ name, origins }) =>
    origins.map((origin, index) => [index === 0 ? name : '', formatOrigin(origin)]),
  );
  const isChartsOnly = images.length === 0 && charts.length > 0;
  const tables = isChartsOnly ? [] : [textTable(['IMAGE', 'ASKED FOR BY'], rows)];
  return [...tables, ...chartTable(charts)].join('\n\n');
}

function chartTable(charts: ChartRequests['charts']): string[] {
  if (charts.length === 0) return [];
  const rows = charts.flatMap(({ repository, name, version, origins }) =>
    origins.map((origin, index) => {
      const [first, second] =
        index === 0 ? [`${name} ${version}`.trim(), withoutQuery(repository)] : ['', ''];
      return [first, second, formatOrigin(origin)];
    }),
  );
  return [textTable(['CHART', 'REPOSITORY', 'ASKED FOR BY'], rows)];
}

/** References only, one on each line. */
export function plainResolveView({ images }: ImageRequests): string {
  return images.map(({ name }) => name).join('\n');
}
