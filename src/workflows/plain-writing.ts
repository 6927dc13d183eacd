import type { BundleReader } from '../bundle/bundle-reader.ts';
import { defaultFrameContent } from '../bundle/plan-bundle.ts';
import type { PlainWriting } from '../bundle/squeezed-inventory.ts';
import { compressFrame, frameCheck } from '../bundle/zstd-frames.ts';

/** What a build uses unless it is told otherwise, first. */
const levels = [3, ...Array.from({ length: 19 }, (_, index) => index + 1).filter((level) => level !== 3)];
/** Frames that are compressed again. */
const mostProbes = 6;

/**
 * Finds out how a plain bundle was written: with which level some of its frames come out as they are.
 *
 * @returns the writing, and whether it gives the same file: another version of zstd may have written it
 */
export async function plainWritingOf({
  frames,
}: Pick<BundleReader, 'frames'>): Promise<PlainWriting & { readonly isSame: boolean }> {
  const first = frames.contentSize(1);
  // One that is the last as well may be shorter than what it was cut to.
  const frameContent = frames.count > 2 ? first : Math.max(first, defaultFrameContent);
  let left = levels;
  for (const index of probes(frames.count)) {
    if (left.length === 0) break;
    const content = await frames.read(index);
    const { size, check } = frames.frame(index);
    left = left.filter((level) => {
      const frame = compressFrame(content, level);
      return frame.length === size && frameCheck(frame) === check;
    });
  }
  return { compressionLevel: left[0] ?? 3, frameContent, isSame: left.length > 0 };
}

/** The head, the frame behind it, and some of the others. */
function probes(count: number): number[] {
  const step = Math.max(1, Math.floor(count / mostProbes));
  return [...new Set([0, 1, ...Array.from({ length: mostProbes }, (_, index) => index * step)])].filter(
    (index) => index < count,
  );
}
