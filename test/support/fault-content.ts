import type { Descriptor } from '../../src/oci/descriptor.ts';
import { isDigest } from '../../src/oci/digest.ts';
import { noise } from './sample-bundle.ts';
import { addImage, addIndex, MemoryBlobs } from './sample-images.ts';

/** A request, as far as it decides what is answered. */
export interface AskedFor {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly range: string | undefined;
}

/** An answer, complete: faults change it or send it badly. */
export interface WholeAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Also of an answer to HEAD, which is sent without it. */
  readonly body: Buffer;
}

/** What the fault registry has: the images of its repositories, by tag. */
export interface FaultContent {
  readonly blobs: MemoryBlobs;
  readonly images: ReadonlyMap<string, Descriptor>;
  /** The repositories with their tags, as references name them: `edge/app:1.0`. */
  readonly names: readonly string[];
  /** The largest layer: of `edge/app:1.0`, for amd64. */
  readonly largest: Descriptor;
}

/**
 * An image for two platforms, one for a single one, and a Docker one, with layers of 400, 120, 60 and 2 kB.
 *
 * @param small how many images of 3 kB there are besides
 */
export function faultContent(small = 0): FaultContent {
  const blobs = new MemoryBlobs();
  const amd64 = addImage(blobs, noise(400_000, 1));
  const arm64 = addImage(blobs, noise(120_000, 2), { platform: { os: 'linux', architecture: 'arm64' } });
  const images = new Map([
    ['edge/app:1.0', addIndex(blobs, [amd64, arm64])],
    ['edge/tool:1.0', addImage(blobs, noise(60_000, 3))],
    ['edge/old:1.0', addImage(blobs, noise(2000, 4), { docker: true })],
  ]);
  for (let index = 1; index <= small; index += 1) {
    images.set(`edge/small-${index}:1.0`, addImage(blobs, noise(3000, 10 + index)));
  }
  return { blobs, images, names: [...images.keys()], largest: layerOf(blobs, amd64) };
}

/** What a good registry answers (distribution-spec 1.1, pull), to ranges as most of them do. */
export function answerOf(content: FaultContent, asked: AskedFor): WholeAnswer {
  if (asked.path === '/v2/') return textAnswer(200, '{}');
  const manifest = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(asked.path);
  if (manifest !== null) return manifestAnswer(content, manifest.at(1), manifest.at(2));
  const blob = /\/(?:blobs|storage)\/([^/]+)$/.exec(asked.path);
  if (blob !== null) return blobAnswer(content, blob.at(1), asked.range);
  return textAnswer(404, '{"errors":[{"code":"NOT_FOUND"}]}');
}

/** A JSON document, such as an error of a registry. */
export function textAnswer(status: number, text: string, headers: Record<string, string> = {}): WholeAnswer {
  const body = Buffer.from(text);
  return {
    status,
    headers: { 'content-type': 'application/json', 'content-length': String(body.length), ...headers },
    body,
  };
}

function manifestAnswer({ blobs, images }: FaultContent, repository = '', name = ''): WholeAnswer {
  const digest = isDigest(name) ? name : images.get(`${repository}:${name}`)?.digest;
  const body = digest === undefined ? undefined : blobs.find(digest);
  if (digest === undefined || body === undefined) {
    return textAnswer(404, '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
  }
  const { mediaType }: { mediaType: string } = JSON.parse(body.toString());
  const headers = {
    'content-type': mediaType,
    'content-length': String(body.length),
    'docker-content-digest': digest,
  };
  return { status: 200, headers, body };
}

function blobAnswer({ blobs }: FaultContent, digest = '', range: string | undefined): WholeAnswer {
  const whole = isDigest(digest) ? blobs.find(digest) : undefined;
  if (whole === undefined) {
    return textAnswer(404, '{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown"}]}');
  }
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(whole.length),
    'docker-content-digest': digest,
  };
  const wanted = /^bytes=(\d+)-(\d+)$/.exec(range ?? '');
  if (wanted === null) return { status: 200, headers, body: whole };
  const start = Number(wanted[1]);
  if (start >= whole.length) return textAnswer(416, '', { 'content-range': `bytes */${whole.length}` });
  const end = Math.min(Number(wanted[2]) + 1, whole.length);
  const part = {
    'content-length': String(end - start),
    'content-range': `bytes ${start}-${end - 1}/${whole.length}`,
  };
  return { status: 206, headers: { ...headers, ...part }, body: whole.subarray(start, end) };
}

function layerOf(blobs: MemoryBlobs, manifest: Descriptor): Descriptor {
  const document: { layers: Descriptor[] } = JSON.parse(blobs.get(manifest.digest).toString());
  const layer = document.layers.at(0);
  if (layer === undefined) throw new Error('an image without layers');
  return layer;
}
