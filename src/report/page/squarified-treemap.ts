/** A rectangle, in whatever unit its frame is in. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Fills a frame with rectangles whose areas are as the sizes are, none of them long and thin where it can be helped (Bruls, Huizing, van Wijk,
 * "Squarified Treemaps", 2000).
 *
 * @param sizes above 0, the largest first
 * @returns a rectangle for each
 */
export function squarifiedTreemap(sizes: readonly number[], frame: Rectangle): Rectangle[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= 0 || frame.width <= 0 || frame.height <= 0) return sizes.map(() => ({ ...frame, width: 0 }));
  const scale = (frame.width * frame.height) / total;
  const areas = sizes.map((size) => size * scale);
  const placed: Rectangle[] = [];
  let left = frame;
  for (let start = 0; start < areas.length;) {
    const end = rowEnd(areas, start, Math.min(left.width, left.height));
    const row = areas.slice(start, end);
    placed.push(...placeRow(row, left));
    left = behindRow(row, left);
    start = end;
  }
  return placed;
}

/** A row takes rectangles as long as its worst one gets no worse. */
function rowEnd(areas: readonly number[], start: number, side: number): number {
  let end = start + 1;
  let sum = areas[start] ?? 0;
  const largest = sum;
  let worst = worstRatio(largest, { least: largest, sum, side });
  while (end < areas.length) {
    const next = areas[end] ?? 0;
    const ratio = worstRatio(largest, { least: next, sum: sum + next, side });
    if (ratio > worst) break;
    worst = ratio;
    sum += next;
    end += 1;
  }
  return end;
}

function worstRatio(
  largest: number,
  row: { readonly least: number; readonly sum: number; readonly side: number },
): number {
  const thick = row.sum ** 2;
  const long = row.side ** 2;
  return Math.max((long * largest) / thick, row.least === 0 ? Infinity : thick / (long * row.least));
}

function placeRow(row: readonly number[], frame: Rectangle): Rectangle[] {
  const sum = row.reduce((total, area) => total + area, 0);
  const isUpright = frame.width >= frame.height;
  const side = isUpright ? frame.height : frame.width;
  const thickness = side === 0 ? 0 : sum / side;
  let offset = 0;
  return row.map((area) => {
    const length = thickness === 0 ? 0 : area / thickness;
    const at = offset;
    offset += length;
    return isUpright
      ? { left: frame.left, top: frame.top + at, width: thickness, height: length }
      : { left: frame.left + at, top: frame.top, width: length, height: thickness };
  });
}

function behindRow(row: readonly number[], frame: Rectangle): Rectangle {
  const sum = row.reduce((total, area) => total + area, 0);
  if (frame.width >= frame.height) {
    const thickness = frame.height === 0 ? 0 : sum / frame.height;
    return { ...frame, left: frame.left + thickness, width: Math.max(0, frame.width - thickness) };
  }
  const thickness = frame.width === 0 ? 0 : sum / frame.width;
  return { ...frame, top: frame.top + thickness, height: Math.max(0, frame.height - thickness) };
}
