import { dirname, join } from 'node:path';

import { damagedBundle } from '../bundle/bundle-error.ts';
import type { BundleSink, WrittenBundle } from '../bundle/sink-output.ts';
import type { Inventory } from '../bundle/inventory.ts';
import { SinkOutput } from '../bundle/sink-output.ts';
import type { Hasher } from '../io/hash-thread.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { digestHex } from '../oci/digest.ts';
import type { AgeRecipients } from '../trust/age-recipients.ts';
import type { Warning } from '../warning.ts';
import type { WrittenBundleFile } from './begin-writing.ts';
import { encryptedEnding } from './build-output-path.ts';
import { carrySignatures, nameInside, signaturesToCarry } from './carry-signatures.ts';
import { checksumBeside } from './checksum-file.ts';
import { checkConvertedOutput } from './converted-path.ts';
import { describeWritten } from './describe-written.ts';
import { encryptedSize } from './encrypt-size.ts';
import { openBundleFile } from './open-bundle.ts';
import type { OpenedBundle } from './open-bundle.ts';
import { requireFreeSpace } from './require-free-space.ts';
import { leftOutSignatures } from './signature-beside.ts';
import type { SplitRequest } from './split-request.ts';
import { writeContent } from './write-content.ts';

/** What is encrypted, for whom, and where to. */
export interface EncryptInput {
  /** Path of a bundle, as the user gave it. */
  readonly path: string;
  /** Undefined is beside it: `NAME.tar.zst.age`. */
  readonly output: string | undefined;
  readonly encryption: AgeRecipients;
  /** Undefined writes one file. */
  readonly split?: SplitRequest | undefined;
}

/** The parts that encrypting and decrypting work with. */
export interface EncryptResources {
  readonly hasher: Hasher;
  readonly tool: Inventory['tool'];
  readonly listener: EncryptListener;
}

/** Told of the progress; must not throw. */
export interface EncryptListener {
  /** Bytes of the bundle inside. */
  readonly onStart: (total: number) => void;
  readonly onBytes: (count: number) => void;
}

/** What encrypting gave. */
export interface EncryptResult {
  readonly plain: { readonly path: string; readonly id: string; readonly size: number };
  readonly bundle: WrittenBundleFile;
  readonly warnings: readonly Warning[];
}

/**
 * Encrypts a bundle as it is, byte for byte. What stands beside it, a checksum or a parts list, must agree with what was read: nothing that
 * is damaged is sealed. Signatures in a file beside it go along, in a file beside the encrypted one.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage), `NOT_ENOUGH_SPACE` (kind disk), `BUNDLE_DAMAGED` (kind content), and those of reading
 *   the bundle
 */
export async function encryptBundle(
  input: EncryptInput,
  { hasher, tool, listener }: EncryptResources,
  signal: AbortSignal,
): Promise<EncryptResult> {
  const { path, encryption, split } = input;
  // Opened as a bundle, so that nothing else is encrypted by mistake.
  const source = await openBundleFile(path);
  try {
    const { reader, access, parts, image, files } = source;
    const { id, size } = reader;
    const output = input.output ?? encryptedPathOf(path, source);
    const expectedSize = encryptedSize(size, encryption);
    await checkConvertedOutput({ path, parts, image }, { output, split, expectedSize });
    await requireFreeSpace({
      path: output,
      what: 'the encrypted bundle',
      bytes: expectedSize,
      flag: '--output',
    });
    const beside = nameInside(output);
    const signatures = await signaturesToCarry(files, beside);
    const warnings = await leftOutSignatures(files);
    listener.onStart(size);
    const expected =
      parts?.list?.bundle.sha256 ?? (image === undefined ? await checksumBeside(path) : undefined);
    const copy = { access, hasher, signal, onBytes: listener.onBytes };
    const write = async (sink: BundleSink): Promise<WrittenBundle> => {
      const written = await copyInto(sink, copy);
      if (expected !== undefined && digestHex(written.sha256) !== expected)
        throw damagedBundle(path, 'its bytes are not those that its sha256 was made of');
      return written;
    };
    const written = await writeContent({ id, tool, write }, { path: output, split, encryption, hasher });
    await carrySignatures(beside, signatures);
    const bundle = describeWritten(output, { id, inventory: reader.inventory }, written);
    return { plain: { path, id, size }, bundle, warnings };
  } finally {
    await source.reader.close();
  }
}

function encryptedPathOf(path: string, { parts, image }: OpenedBundle): string {
  if (image !== undefined) return `${image.replace(/\.iso$/, '')}.tar.zst${encryptedEnding}`;
  const plain = parts === undefined ? path : join(dirname(path), parts.bundle);
  return `${plain}${encryptedEnding}`;
}

interface Copy {
  readonly access: RandomAccess;
  readonly hasher: Hasher;
  readonly signal: AbortSignal;
  readonly onBytes: (count: number) => void;
}

/** Bytes that are read at a time. */
const pieceSize = 1024 * 1024;

async function copyInto(sink: BundleSink, { access, hasher, signal, onBytes }: Copy): Promise<WrittenBundle> {
  const output = new SinkOutput(sink, hasher);
  for (let position = 0; position < access.size; position += pieceSize) {
    signal.throwIfAborted();
    const piece = await access.read(position, Math.min(pieceSize, access.size - position));
    await output.write(piece);
    onBytes(piece.length);
  }
  return await output.finish();
}
