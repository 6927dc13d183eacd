import type { ExcludedImages } from '../workflows/scope-images.ts';
import { countOf } from './count-of.ts';

/** How many images something leaves out: `2 images left out by --exclude gcr.io/**`. */
export function excludedView({ by, images }: ExcludedImages): string {
  return `${countOf(images.length, 'image')} left out by ${by}`;
}
