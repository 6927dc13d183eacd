import type { SeededImage } from '../test/support/seeded-images.ts';

/** Images of so many bytes in all, with layers of 8 MB to 400 MB, some of them shared. */
export function benchImages(totalBytes: number): SeededImage[] {
  const pattern = [400, 150, 80, 300, 40, 20, 220, 8, 120, 60];
  const base = { seed: 'base', size: 30_000_000 };
  const images: SeededImage[] = [];
  let left = totalBytes - base.size;
  for (let index = 0; ; index += 1) {
    const sizes = [pattern[index % pattern.length] ?? 1, pattern[(index * 3 + 1) % pattern.length] ?? 1];
    const layers = sizes.map((megabytes, layer) => {
      const size = Math.max(1, Math.min(left, megabytes * 1_000_000));
      left -= size;
      return { seed: `${index}-${layer}`, size };
    });
    images.push({ name: `bench/image-${index}`, layers: [base, ...layers] });
    if (left <= 0) return images;
  }
}
