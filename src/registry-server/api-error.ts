/** Error codes of distribution-spec 1.1, "Error Codes"; `UNKNOWN` is for failures of the registry itself. */
export type ApiErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'TOOMANYREQUESTS'
  | 'UNAUTHORIZED'
  | 'UNKNOWN'
  | 'UNSUPPORTED';

/** One entry of an error answer's body. */
export interface ApiErrorEntry {
  readonly code: ApiErrorCode;
  /** For the person at the client. Holds nothing the client did not send, and no paths of this machine. */
  readonly message: string;
}

/** A request that is answered with an error. Thrown wherever that is found out, made an answer in one place. */
export class ApiError extends Error {
  readonly status: number;
  readonly entries: readonly ApiErrorEntry[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    entries: readonly ApiErrorEntry[],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(entries.map(({ code, message }) => `${code}: ${message}`).join('; '));
    this.name = 'ApiError';
    this.status = status;
    this.entries = entries;
    this.headers = headers;
  }
}

/** The usual error answer: one reason. */
export function refusal(status: number, code: ApiErrorCode, message: string): ApiError {
  return new ApiError(status, [{ code, message }]);
}
