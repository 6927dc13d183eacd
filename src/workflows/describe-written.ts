import { digestHex } from '../oci/digest.ts';
import type { WrittenBundleFile } from './begin-writing.ts';
import type { WrittenOutput } from './write-output.ts';
import type { OutputPlan } from './write-parts.ts';

/** Says what was written of a plan: a file, or the parts of one. */
export function describeWritten(
  path: string,
  { id, inventory: { name } }: Pick<OutputPlan, 'id' | 'inventory'>,
  written: WrittenOutput,
): WrittenBundleFile {
  const parts = 'parts' in written ? { list: written.list, files: written.parts } : undefined;
  const { size, sha256, plain } = written;
  const encrypted =
    plain === undefined
      ? undefined
      : { format: 'age' as const, size: plain.size, sha256: digestHex(plain.sha256) };
  return { path, name, id, size, sha256: digestHex(sha256), parts, encrypted };
}
