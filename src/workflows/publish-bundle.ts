import { PaletteEdgeError } from '../errors.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { runLimited } from '../io/run-limited.ts';
import { totalSize } from '../io/total-size.ts';
import { digestOf } from '../oci/digest.ts';
import { findBundleFiles } from './publish-files.ts';
import { hashBundleFiles } from './publish-hash.ts';
import type { FileToPublish } from './publish-hash.ts';
import { encodePublication } from './publish-manifest.ts';
import type { PublishTarget } from './publish-target.ts';
import { requireUnchanged } from './require-unchanged.ts';

/** What is published, and whether what is there may be replaced. */
export interface PublishInput {
  /** Of the bundle, of its parts list or of any part. */
  readonly path: string;
  readonly replaces: boolean;
}

/** Told of what goes on; must not throw. */
interface PublishListener {
  /** All files are read, so many bytes. */
  readonly onReading: (total: number) => void;
  /** So many bytes are missing there. */
  readonly onSending: (total: number) => void;
  readonly onBytes: (count: number) => void;
}

/** The parts of publishing. */
export interface PublishResources {
  /** Makes the target once the name of the bundle is known. */
  readonly openTarget: (bundle: string) => PublishTarget;
  readonly hasher: Hasher;
  /** Files at a time. */
  readonly concurrency: number;
  readonly listener: PublishListener;
}

/** A file of a published bundle. */
interface PublishedFileResult {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly digest: string;
  readonly mediaType: string;
  /** Whether it was there before. */
  readonly wasThere: boolean;
}

/** What publishing did. */
export interface PublishResult {
  readonly bundle: string;
  /** What the bundle is fetched by. */
  readonly url: string;
  /** Of the manifest. */
  readonly digest: string;
  readonly files: readonly PublishedFileResult[];
  /** In bytes; of those some may have been sent twice, after a connection broke. */
  readonly bytesSent: number;
  /** In bytes: what was there before, and what an earlier run had sent of files. */
  readonly bytesKept: number;
  /** Whether all of it was there already. */
  readonly wasPublished: boolean;
}

/**
 * Publishes a bundle with what lies beside it. What is there already is not sent, and nothing is known there before all is there.
 *
 * @throws PaletteEdgeError `PUBLISHED_ALREADY` (kind usage) when something else has the name; `NOT_A_BUNDLE`, `BUNDLE_DAMAGED`,
 *   `FILE_CHANGED` (kind content); as the target does; as reading the files does
 */
export async function publishBundle(
  { path, replaces }: PublishInput,
  { openTarget, hasher, concurrency, listener }: PublishResources,
  signal: AbortSignal,
): Promise<PublishResult> {
  const found = await findBundleFiles(path);
  const target = openTarget(found.bundle);
  listener.onReading(totalSize(found.files));
  const { pieceSize } = target;
  const files = await hashBundleFiles(found, { hasher, pieceSize, onBytes: listener.onBytes, signal });
  const manifest = encodePublication({ bundle: found.bundle, files });
  const digest = digestOf(manifest);
  const before = await target.publishedDigest(signal);
  const states = await runLimited(
    files,
    { concurrency, signal },
    async (file, each) => await target.stateOf(file, each),
  );
  const missing = files.filter((_, index) => states[index] !== 'there');
  const isOther = (before !== undefined && before !== digest) || states.includes('other');
  if (isOther && !replaces) throw publishedAlready(target.url);
  if (isOther) await target.withdraw(files, signal);
  const sent = await sendAll(missing, { target, concurrency, listener, signal });
  const wasPublished = before === digest && missing.length === 0;
  for (const file of files) await requireAsRead(file, target);
  if (!wasPublished) await target.publish(manifest, signal);
  return {
    bundle: found.bundle,
    url: target.url,
    digest,
    files: files.map((file) => ({ ...described(file), wasThere: !missing.includes(file) })),
    bytesSent: sent.bytes,
    bytesKept: sent.kept + totalSize(files) - totalSize(missing),
    wasPublished,
  };
}

interface SendingAll extends Pick<PublishResources, 'concurrency' | 'listener'> {
  readonly target: PublishTarget;
  readonly signal: AbortSignal;
}

async function sendAll(
  files: readonly FileToPublish[],
  { target, concurrency, listener, signal }: SendingAll,
): Promise<{ readonly bytes: number; readonly kept: number }> {
  let bytes = 0;
  let kept = 0;
  listener.onSending(totalSize(files));
  const onBytes = (count: number): void => {
    bytes += Math.max(0, count);
    listener.onBytes(count);
  };
  const onKept = (count: number): void => {
    kept += count;
    listener.onBytes(count);
  };
  await runLimited(files, { concurrency, signal }, async (file, each) => {
    try {
      await target.send(file, { onBytes, onKept, signal: each });
    } catch (error) {
      // Servers say of such a file that its bytes have another digest.
      if (!each.aborted) await requireAsRead(file, target);
      throw error;
    }
  });
  return { bytes, kept };
}

async function requireAsRead(file: FileToPublish, { url }: PublishTarget): Promise<void> {
  await requireUnchanged({ ...file, source: file.path }, url);
}

function described({ name, size, digest, mediaType }: FileToPublish): Omit<PublishedFileResult, 'wasThere'> {
  return { name, size, digest, mediaType };
}

function publishedAlready(url: string): PaletteEdgeError {
  return new PaletteEdgeError('PUBLISHED_ALREADY', `something else is there already: ${url}`, {
    kind: 'usage',
    suggestions: ['Publish under another name, or replace what is there: --replace'],
  });
}
