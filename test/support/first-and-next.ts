import { bundleIn, layeredBundle, wordsLayer } from './delta-bundles.ts';

/** Writes two bundles of the same image into a folder: `v1.tar.zst`, and `v2.tar.zst` with another layer in place of its own. */
export async function firstAndNext(folder: string): Promise<[first: string, next: string]> {
  const [first, next] = [[wordsLayer(1)], [wordsLayer(1, 'new')]];
  return [
    await bundleIn(folder, 'v1.tar.zst', await layeredBundle({ images: [first] })),
    await bundleIn(folder, 'v2.tar.zst', await layeredBundle({ images: [next] })),
  ];
}
