import { countOf } from './count-of.ts';

/** `2 images and 1 chart`, `1 chart`; without charts `0 images`. */
export function contentCounts(images: number, charts: number): string {
  if (charts === 0) return countOf(images, 'image');
  return [...(images === 0 ? [] : [countOf(images, 'image')]), countOf(charts, 'chart')].join(' and ');
}
