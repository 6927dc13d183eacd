import { createHash } from 'node:crypto';

import type { Inventory } from '../bundle/inventory.ts';
import { isChart } from '../bundle/inventory.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { digestHex, digestOf, toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { onePiece } from '../oci/one-piece.ts';
import { isCompanion } from '../oci/origin.ts';
import { dsseEnvelope, preAuthEncoding } from '../report/dsse-envelope.ts';
import { provenanceStatement, statementType } from '../report/provenance-statement.ts';
import type { ProvenanceInput } from '../report/provenance-statement.ts';
import type { PrivateKey } from '../trust/private-key.ts';
import { signBytes } from '../trust/sign-bytes.ts';
import { extractStream, requireFreeFile } from './extract-output.ts';
import type { StreamOutput } from './extract-output.ts';
import type { OpenRequest } from './open-request.ts';
import type { OpenedWithBases } from './open-with-bases.ts';
import type { ReportListener } from './scan-layers.ts';
import { withBundle } from './with-bundle.ts';

/** What is asked for. */
export interface ProvenanceRequest extends OpenRequest {
  readonly output: StreamOutput;
  /** Undefined writes the statement as it is. */
  readonly key: PrivateKey | undefined;
}

/** What a statement is about. */
export interface ProvenanceResult {
  readonly kind: 'provenance';
  /** As the user gave it. */
  readonly bundle: string;
  readonly id: string;
  /** The file; absent when it went to standard output. */
  readonly output?: string;
  /** Of the bundle as a file. */
  readonly digest: Digest;
  /** Digests that the statement names. */
  readonly dependencies: number;
  /** Of the key that signed it; absent when none did. */
  readonly keyId?: Digest;
}

/** Bytes that are hashed at a time. */
const pieceSize = 1024 * 1024;

/**
 * Writes the provenance of a bundle, signed or not: of a file, parts, an ISO image, whether squeezed or a delta bundle; bases are not needed.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage), and as opening and reading the bundle does
 */
export async function reportProvenance(
  path: string,
  request: ProvenanceRequest,
  { listener, signal }: { readonly listener: ReportListener; readonly signal: AbortSignal },
): Promise<ProvenanceResult> {
  const { output, key } = request;
  if ('path' in output) await requireFreeFile(output.path);
  return await withBundle(
    path,
    async ({ inventory, inventoryBytes, id }, opened) => {
      const file = await bundleFile(opened, { listener, signal });
      const input = provenanceInput(inventory, { file, inventory: digestOf(inventoryBytes) });
      const payload = { type: statementType, bytes: provenanceStatement(input) };
      const document = key === undefined ? payload.bytes : signed(payload, key);
      await extractStream(output, onePiece(Buffer.concat([document, Buffer.from('\n')])));
      return {
        kind: 'provenance',
        bundle: path,
        id,
        ...('path' in output && { output: output.path }),
        digest: file.digest,
        dependencies: input.images.length + input.charts.length + input.files.length,
        ...(key !== undefined && { keyId: key.publicKey.id }),
      };
    },
    { trust: request.trust },
  );
}

function signed(payload: Parameters<typeof dsseEnvelope>[0], key: PrivateKey): Buffer {
  const { keyId, value } = signBytes(preAuthEncoding(payload), key);
  return dsseEnvelope(payload, [{ keyId: digestHex(keyId), value }]);
}

function provenanceInput(
  { name, tool, profiles, images, charts, rawFiles = [] }: Inventory,
  subject: Pick<ProvenanceInput, 'file' | 'inventory'>,
): ProvenanceInput {
  return {
    ...subject,
    name,
    tool,
    profiles,
    images: images
      .filter((image) => !isChart(image))
      .map((image) => ({
        source: image.sourceReference ?? image.reference,
        reference: image.reference,
        digest: image.digest,
        mediaType: image.mediaType,
        platforms: image.platforms,
        isRequested: !isCompanion(image),
      })),
    charts,
    files: rawFiles,
  };
}

/**
 * What whoever gets the bundle hashes: the file, or the parts as they are joined. It is what the inventory was read from, whatever lies there by
 * now.
 */
async function bundleFile(
  { access, files }: OpenedWithBases,
  options: { readonly listener: ReportListener; readonly signal: AbortSignal },
): Promise<ProvenanceInput['file']> {
  return { name: files[0]?.name ?? '', digest: await hashOf(access, options) };
}

async function hashOf(
  access: RandomAccess,
  { listener, signal }: { readonly listener: ReportListener; readonly signal: AbortSignal },
): Promise<Digest> {
  const hash = createHash('sha256');
  listener.onStart(access.size);
  for (let position = 0; position < access.size; position += pieceSize) {
    signal.throwIfAborted();
    const length = Math.min(pieceSize, access.size - position);
    hash.update(await access.read(position, length));
    listener.onBytes(length);
  }
  return toDigest(hash.digest('hex'));
}
