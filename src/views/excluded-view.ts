import type { ExcludedImages } from '../workflows/scope-images.ts';
import { contentCounts } from './content-counts.ts';

/** How much something leaves out: `2 images and 1 chart left out by --exclude gcr.io/**`. */
export function excludedView({ by, images, charts = [] }: ExcludedImages): string {
  return `${contentCounts(images.length, charts.length)} left out by ${by}`;
}
