import { PaletteEdgeError } from '../errors.ts';

/** Where objects are: a bucket, and what all their keys begin with. */
export interface S3Place {
  readonly bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string;
}

const longestKey = 1024;
const example = 's3://bucket/prefix';

/** Whether a text is meant as the URL of a bucket. */
export function isS3Url(text: string): boolean {
  return /^s3:\/\//i.test(text);
}

/**
 * Reads `s3://bucket/prefix`.
 *
 * @throws PaletteEdgeError `S3_URL_INVALID` (kind usage); without the text where that may hold a password
 */
export function parseS3Url(text: string): S3Place {
  if (/[@?#]/.test(text)) throw invalid('an s3:// URL has no login, no query and no fragment');
  const found = /^s3:\/\/([^/]*)(?:\/(.*))?$/is.exec(text);
  if (found === null) throw invalid(`${JSON.stringify(text)} is no s3:// URL`);
  const [, bucket = '', path = ''] = found;
  // Longer and stranger names are those of servers other than Amazon's, and of Amazon's oldest buckets.
  if (!/^[a-z0-9](?:[a-z0-9._-]{0,253}[a-z0-9])?$/i.test(bucket))
    throw invalid(`${JSON.stringify(text)}: ${JSON.stringify(bucket)} is no name of a bucket`);
  const prefix = path.replace(/\/$/, '');
  if (prefix !== '' && !isObjectKey(prefix))
    throw invalid(
      `${JSON.stringify(text)}: a part of the path is empty, . or .., or it is longer than ${longestKey} bytes`,
    );
  return { bucket, prefix };
}

/** The URL of a key below a place, for messages and for people. */
export function formatS3Url({ bucket, prefix }: S3Place, key = ''): string {
  return `s3://${[bucket, prefix, key].filter((part) => part !== '').join('/')}`;
}

/**
 * Whether a key can be asked for: `.` and `..` are taken out of the paths of URLs on their way (RFC 3986, 5.2.4), and control
 * characters out of what is shown.
 */
export function isObjectKey(key: string): boolean {
  if (Buffer.byteLength(key) > longestKey || /\p{Cc}/u.test(key) || !key.isWellFormed()) return false;
  return key.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function invalid(message: string): PaletteEdgeError {
  return new PaletteEdgeError('S3_URL_INVALID', message, {
    kind: 'usage',
    suggestions: [`Expected ${example}. Another server than Amazon's is named by AWS_ENDPOINT_URL_S3.`],
  });
}
