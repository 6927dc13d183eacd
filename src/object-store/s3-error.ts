import { PaletteEdgeError } from '../errors.ts';
import { HttpStatusError } from '../http/http-status-error.ts';
import { printable } from '../io/printable.ts';
import { withoutSecrets } from '../io/without-secrets.ts';
import type { S3Credentials } from './s3-settings.ts';
import { childText, readXml } from './s3-xml.ts';

/** An answer of S3 that was not the one asked for. */
export interface S3Refusal {
  /** What was asked for, to begin the message with: `reading s3://bucket/key`. */
  readonly subject: string;
  readonly bucket: string;
  /** Who answered. */
  readonly host: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body; empty when it had none or too much. */
  readonly text: string;
  /** Taken out of the server's own words, should it repeat them. */
  readonly credentials: S3Credentials;
  /** The region that the request was signed for. */
  readonly region: string;
}

interface Wording {
  readonly code: string;
  readonly kind: PaletteEdgeError['kind'];
  readonly what: string;
  readonly suggestions: readonly string[];
}

const maximumWords = 300;

/** Words a refusal by the code in its body, else by its status (docs.aws.amazon.com/AmazonS3, Error responses). */
export function s3Error(refusal: S3Refusal): PaletteEdgeError {
  const { status, subject, host } = refusal;
  const { code, words } = errorIn(refusal);
  const { what, ...wording } = byCode(code, refusal) ?? byStatus(refusal, code);
  const shown = words === '' ? '' : ` (${words})`;
  const counted = passing[code] ?? status;
  const message = `${subject}: ${what === '' ? '' : `${what}: `}${host} answered ${status}${shown}`;
  return new PaletteEdgeError(wording.code, message, {
    kind: wording.kind,
    suggestions: wording.suggestions,
    cause: new HttpStatusError(counted, refusal.headers['retry-after']),
  });
}

/** Failures that pass, with statuses that else are final: a body that came in too slowly, another write at the same time. */
const passing: Readonly<Record<string, number>> = { RequestTimeout: 408, ConditionalRequestConflict: 503 };

/** The code and the message of an error document, if it is one. */
function errorIn({ text, credentials }: S3Refusal): { readonly code: string; readonly words: string } {
  const root = readXml(text.trimStart());
  const error = root?.name === 'Error' ? root : undefined;
  const code = printable(childText(error, 'Code') ?? '', 64);
  const words = [code, childText(error, 'Message') ?? ''].filter((part) => part !== '').join(': ');
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const secrets = [accessKeyId, secretAccessKey, sessionToken];
  return { code, words: printable(withoutSecrets(words, secrets), maximumWords) };
}

function byCode(code: string, refusal: S3Refusal): Wording | undefined {
  if (refusedKeys.has(code)) return keysRefused;
  if (wrongRegion.has(code)) return regionWrong(refusal);
  const { bucket } = refusal;
  const wordings: Readonly<Record<string, Wording>> = {
    NoSuchBucket: {
      code: 'S3_BUCKET_NOT_FOUND',
      kind: 'notFound',
      what: `there is no bucket ${bucket}`,
      suggestions: [
        'Check the name of the bucket, and that AWS_ENDPOINT_URL_S3 names the right server.',
        `Make it first: aws s3 mb s3://${bucket}`,
      ],
    },
    NoSuchKey: objectMissing,
    NoSuchUpload: { code: 'S3_UPLOAD_NOT_FOUND', kind: 'notFound', what: '', suggestions: [again] },
    RequestTimeTooSkewed: clockSkewed,
    RequestExpired: clockSkewed,
  };
  return wordings[code];
}

function byStatus(refusal: S3Refusal, code: string): Wording {
  const { status } = refusal;
  if ([301, 307, 308].includes(status)) return regionWrong(refusal);
  if (status === 401 || status === 403) return denied;
  // Where a body tells of something else, what is missing is not the object.
  if (status === 404 && code === '') return objectMissing;
  if (status === 412) return changed;
  if (status === 429) return { ...serverFailure, code: 'TOO_MANY_REQUESTS', what: 'too many requests' };
  return status >= 500 && status !== 501 ? serverFailure : refused;
}

const again = 'Run the same command again: what is done so far is kept.';
const refused: Wording = { code: 'S3_REFUSED', kind: 'network', what: '', suggestions: [] };
const serverFailure: Wording = { ...refused, code: 'SERVER_FAILURE', suggestions: [again] };
const refusedKeys: ReadonlySet<string> = new Set([
  'SignatureDoesNotMatch',
  'InvalidAccessKeyId',
  'InvalidAccessKey',
  'InvalidToken',
  'ExpiredToken',
  'TokenRefreshRequired',
  // Of VersityGW, with 404.
  'XAdminUserNotFound',
]);
const wrongRegion: ReadonlySet<string> = new Set([
  'PermanentRedirect',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
]);
const keysRefused: Wording = {
  code: 'S3_KEYS_REFUSED',
  kind: 'authentication',
  what: 'the keys are not accepted',
  suggestions: [
    'Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN: all three are of one login, and a session ends.',
    'Keys hold for one server: does AWS_ENDPOINT_URL_S3 name the right one?',
  ],
};
const denied: Wording = {
  code: 'ACCESS_DENIED',
  kind: 'authentication',
  what: 'access denied',
  suggestions: [
    'To read, the user of the keys needs s3:GetObject and s3:ListBucket there; to write also s3:PutObject, s3:ListBucketMultipartUploads, s3:ListMultipartUploadParts and s3:AbortMultipartUpload; to replace s3:DeleteObject.',
    'Without s3:ListBucket S3 answers the same for what does not exist.',
  ],
};
const objectMissing: Wording = {
  code: 'S3_OBJECT_NOT_FOUND',
  kind: 'notFound',
  what: 'it is not there',
  suggestions: ['Check the spelling of bucket and path.'],
};
const changed: Wording = {
  code: 'S3_OBJECT_CHANGED',
  kind: 'content',
  what: 'it was changed meanwhile',
  suggestions: ['Run the same command again.'],
};
const clockSkewed: Wording = {
  code: 'S3_CLOCK_SKEWED',
  kind: 'authentication',
  what: 'the clock of this machine is wrong by more than S3 allows',
  suggestions: ['Set the clock right (timedatectl), then run the same command again.'],
};

function regionWrong({ bucket, headers, text, region }: S3Refusal): Wording {
  const told = headers['x-amz-bucket-region'] ?? childText(readXml(text.trimStart()), 'Region');
  const right = told !== undefined && /^[a-z0-9-]{1,64}$/.test(told) ? told : undefined;
  return {
    code: 'S3_REGION_WRONG',
    kind: 'usage',
    what: `the bucket ${bucket} is not in the region ${region}${right === undefined ? '' : ` but in ${right}`}`,
    suggestions: [`Name its region: AWS_REGION=${right ?? 'REGION'}`],
  };
}
