import type { S3Place } from './s3-place.ts';
import { isObjectKey } from './s3-place.ts';
import { readAnswer } from './s3-answer.ts';
import type { S3Request, S3Transport } from './s3-transport.ts';
import { childText } from './s3-xml.ts';
import type { XmlElement } from './s3-xml.ts';

/** An object of a listing. */
export interface ListedObject {
  /** Behind the prefix of the place. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Milliseconds since 1970; undefined when the server does not tell. */
  readonly modified: number | undefined;
}

/** What is listed. */
export interface Listing {
  readonly place: S3Place;
  /** What the names begin with. */
  readonly start: string;
  /** Passes over what has a slash behind that: the server leaves it out, however much it is. */
  readonly isFlat: boolean;
  readonly signal: AbortSignal;
}

const largestPage = 4 * 1024 * 1024;
/** A thousand objects each: more than any place of ours has. */
const mostPages = 10_000;

/** Lists objects (AmazonS3 API, ListObjectsV2); see S3Bucket.list. Passes over keys that cannot be asked for. */
export async function* listObjects(
  transport: S3Transport,
  { place: { prefix }, start, isFlat, signal }: Listing,
): AsyncGenerator<ListedObject, void, undefined> {
  const below = prefix === '' ? '' : `${prefix}/`;
  let token: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      prefix: below + start,
      ...(isFlat ? { delimiter: '/' } : {}),
      ...(token === undefined ? {} : { 'continuation-token': token }),
    };
    const request: S3Request = { method: 'GET', query, expected: [200], action: 'listing', signal };
    const root = await transport.run(
      request,
      async (response) =>
        await readAnswer(transport, request, { response, name: 'ListBucketResult', limit: largestPage }),
    );
    yield* listedIn(root, below);
    const next = childText(root, 'NextContinuationToken');
    if (childText(root, 'IsTruncated') !== 'true' || next === undefined || next === token) return;
    token = next;
  }
}

function* listedIn(root: XmlElement, below: string): Generator<ListedObject, void, undefined> {
  const isEncoded = childText(root, 'EncodingType') === 'url';
  for (const element of root.children) {
    const found = element.name === 'Contents' ? listed(element, below, isEncoded) : undefined;
    if (found !== undefined) yield found;
  }
}

function listed(element: XmlElement, below: string, isEncoded: boolean): ListedObject | undefined {
  const text = childText(element, 'Key') ?? '';
  const key = isEncoded ? decoded(text) : text;
  const size = Number(childText(element, 'Size'));
  if (key === undefined || !isObjectKey(key) || !key.startsWith(below) || !Number.isSafeInteger(size))
    return undefined;
  const modified = Date.parse(childText(element, 'LastModified') ?? '');
  return { name: key.slice(below.length), size, modified: Number.isNaN(modified) ? undefined : modified };
}

/** As forms encode it. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
