import { PaletteEdgeError } from '../errors.ts';
import type { PaletteClient } from './palette-client.ts';

/** What a cluster definition is made of. */
export interface ClusterDefinitionRequest {
  /** See {@link isClusterDefinitionName}. */
  readonly name: string;
  readonly profileUids: readonly string[];
}

/** Largest archive in bytes: it is kept in memory, and goes into the head of the bundle. */
const maximumDefinitionSize = 32 * 1024 * 1024;

/** Whether a text can name a definition: it becomes part of file names. */
export function isClusterDefinitionName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/.test(text);
}

/**
 * Downloads a cluster definition, a `.tgz` that edge hosts import. Its content is never looked into: only that it is gzip.
 *
 * @throws PaletteEdgeError `CLUSTER_DEFINITION_INVALID` (kind content), and as {@link PaletteClient.bytes} does
 */
export async function fetchClusterDefinition(
  client: PaletteClient,
  { name, profileUids }: ClusterDefinitionRequest,
  signal: AbortSignal,
): Promise<Buffer> {
  const subject = `cluster definition ${name}`;
  const bytes = await client.bytes(
    {
      method: 'POST',
      path: ['v1', 'spectroclusters', 'spc', 'download'],
      // Bundles are for edge hosts only.
      body: {
        metadata: { name },
        spec: { cloudType: 'edge-native', profiles: profileUids.map((uid) => ({ uid })) },
      },
      subject,
      limitBytes: maximumDefinitionSize,
      isArchive: true,
    },
    signal,
  );
  if (isGzip(bytes)) return bytes;
  throw new PaletteEdgeError(
    'CLUSTER_DEFINITION_INVALID',
    `${subject}: expected a .tgz archive, and ${client.host} sent ${bytes.length} bytes of something else`,
    { kind: 'content' },
  );
}

/** RFC 1952, section 2.3: identification and the one compression method that there is. A member has 18 bytes at least. */
function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 18 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}
