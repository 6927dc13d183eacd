import { dirname, join } from 'node:path';

import type { BundleSink, WrittenBundle } from '../bundle/sink-output.ts';
import { SinkOutput } from '../bundle/sink-output.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { openFileAccess } from '../io/random-access.ts';
import { SlabOutput } from '../io/slab-output.ts';
import { digestHex } from '../oci/digest.ts';
import { openAgeHead } from '../trust/open-age-head.ts';
import type { AgeKeys } from '../trust/open-age-head.ts';
import { openAgePayload, plainSizeOf } from '../trust/open-age-payload.ts';
import type { AgePayload } from '../trust/open-age-payload.ts';
import { readAgeHead } from '../trust/read-age-head.ts';
import { encryptedEnding } from './build-output-path.ts';
import { carrySignatures, nameInside, signaturesToCarry, signedContentAt } from './carry-signatures.ts';
import { checkConvertedOutput } from './converted-path.ts';
import type { EncryptListener, EncryptResources } from './encrypt-bundle.ts';
import { signedFile } from './find-signatures.ts';
import { openParts } from './open-parts.ts';
import type { OpenParts } from './open-parts.ts';
import { requireFreeSpace } from './require-free-space.ts';
import { writeContent } from './write-content.ts';

/** What is decrypted, with what, and where to. */
export interface DecryptInput {
  /** Path of an encrypted file, or of its parts. */
  readonly path: string;
  /** Undefined is beside it, without `.age`. */
  readonly output: string | undefined;
  readonly keys: AgeKeys;
}

/** What decrypting gave. */
export interface DecryptResult {
  readonly encrypted: { readonly path: string; readonly size: number };
  readonly file: {
    readonly path: string;
    /** In bytes. */
    readonly size: number;
    /** In hex. */
    readonly sha256: string;
  };
}

/**
 * Decrypts what age has encrypted, a bundle or anything else. The file gets its name when all of it was found to be what was encrypted.
 * Signatures beside it, in the file that the name inside would have, go along; those of another bundle that it replaces go.
 *
 * @throws PaletteEdgeError as `readAgeHead`, `openAgeHead` and `openAgePayload` do; `OUTPUT_NEEDED`, `OUTPUT_TAKEN` (kind usage),
 *   `NOT_ENOUGH_SPACE` (kind disk)
 */
export async function decryptBundle(
  input: DecryptInput,
  { hasher, tool, listener }: EncryptResources,
  signal: AbortSignal,
): Promise<DecryptResult> {
  const { path, keys } = input;
  const parts = await openParts(path);
  const access = parts?.access ?? (await openFileAccess(path, 'encrypted file'));
  try {
    const head = await readAgeHead(access, path);
    const payload = { access, name: path, start: head.payloadStart };
    const size = plainSizeOf(payload);
    const output = input.output ?? plainPathOf(path, parts);
    // Before anybody is asked for a passphrase.
    await checkConvertedOutput(
      { path, parts, image: undefined },
      { output, split: undefined, expectedSize: size },
    );
    await requireFreeSpace({ path: output, what: 'the decrypted file', bytes: size, flag: '--output' });
    const inside = nameInside(encryptedPathOf(path, parts));
    const signatures = await signaturesToCarry([signedFile(inside)], output);
    const before = await signedContentAt(output);
    const key = await openAgeHead(head, keys, path);
    listener.onStart(size);
    const opening = { payload, key, signal, listener, hasher };
    const write = async (sink: BundleSink): Promise<WrittenBundle> => await openInto(sink, opening);
    // It has no parts, and so no list that would name its id.
    const written = await writeContent({ id: '', tool, write }, { path: output, hasher });
    const isReplaced = before !== undefined && before !== (await signedContentAt(output));
    await carrySignatures(output, signatures, isReplaced);
    return {
      encrypted: { path, size: access.size },
      file: { path: output, size: written.size, sha256: digestHex(written.sha256) },
    };
  } finally {
    await access.close();
  }
}

interface Opening {
  readonly payload: AgePayload;
  readonly key: Uint8Array;
  readonly signal: AbortSignal;
  readonly listener: EncryptListener;
  readonly hasher: Hasher;
}

async function openInto(
  sink: BundleSink,
  { payload, key, signal, listener, hasher }: Opening,
): Promise<WrittenBundle> {
  const output = new SinkOutput(sink, hasher);
  await using slabs = new SlabOutput(async (slab) => await output.write(slab));
  for await (const plain of openAgePayload(payload, key, signal)) {
    await slabs.add(plain);
    listener.onBytes(plain.length);
  }
  await slabs.finish();
  return await output.finish();
}

/** Of parts, what they are joined to. */
function encryptedPathOf(path: string, parts: OpenParts | undefined): string {
  return parts === undefined ? path : join(dirname(path), parts.bundle);
}

function plainPathOf(path: string, parts: OpenParts | undefined): string {
  const encrypted = encryptedPathOf(path, parts);
  if (encrypted.endsWith(encryptedEnding)) return nameInside(encrypted);
  throw new PaletteEdgeError(
    'OUTPUT_NEEDED',
    `the name ${encrypted} does not end with ${encryptedEnding}: it does not say what the decrypted file is called`,
    { kind: 'usage', suggestions: ['Name it: --output FILE'] },
  );
}
