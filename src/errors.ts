/** Exit codes by kind of failure. The one table: shown in help, documented in docs/exit-codes.md, never renumbered. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  authentication: 3,
  notFound: 4,
  content: 5,
  network: 6,
  disk: 7,
  incomplete: 8,
  differences: 9,
  interrupted: 130,
} as const;

/** What an exit code means to the person who sees it. */
export const exitCodeMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'success',
  failure: 'failure, or a bug in palette-edge',
  usage: 'wrong usage or invalid input',
  authentication: 'authentication failed or permission denied',
  notFound: 'image, blob, file or profile not found',
  content: 'content does not match its digest, format or signature',
  network: 'network or server failure',
  disk: 'disk failure: no space, no permission',
  incomplete: 'incomplete: some images failed, the result lists them',
  differences: 'differences found (diff and plan-update --exit-code, resolve --check)',
  interrupted: 'interrupted; run the same command again to resume',
};

/** The kind of a failure; it picks the exit code. */
export type ErrorKind = Exclude<keyof typeof exitCodes, 'ok'>;

/** What a {@link PaletteEdgeError} carries besides its code and message. */
export interface ErrorOptions {
  readonly kind: ErrorKind;
  readonly cause?: unknown;
  /** What to do next, one sentence or one command each. */
  readonly suggestions?: readonly string[];
  /** Plain data about the failure for `--json`: which images failed, what was found. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The one error class for failures a user can act on. Anything else thrown is a bug.
 *
 * `code` is stable SCREAMING_SNAKE; the message says what failed, for which object, what was expected and received.
 * The `oclif` field lets the command line exit with the right code without the stages knowing oclif.
 */
export class PaletteEdgeError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly suggestions: string[];
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly oclif: { readonly exit: number };

  constructor(code: string, message: string, options: ErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PaletteEdgeError';
    this.code = code;
    this.kind = options.kind;
    this.suggestions = [...(options.suggestions ?? [])];
    this.details = options.details;
    this.oclif = { exit: exitCodes[options.kind] };
  }
}

/** The `code` of a Node system error (`ENOENT`, `ENOSPC`, …), or undefined for any other value. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Words a file-system failure for the user; an error that is already ours, or no system error, is given back unchanged.
 *
 * @param action what was tried, naming the side and the file: `writing the bundle to /x/y.tar.zst`
 */
export function wordDiskError(error: unknown, action: string): unknown {
  if (error instanceof PaletteEdgeError) return error;
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  const wording = diskWordings[code];
  if (wording === undefined) {
    // ERR_…: Node's own errors, such as a wrong argument: bugs, not the disk's fault.
    if (!code.startsWith('E') || code.startsWith('ERR_')) return error;
    return new PaletteEdgeError('DISK_FAILURE', `${action} failed: ${code}`, { kind: 'disk', cause: error });
  }
  const { kind, name, reason, suggestion } = wording;
  return new PaletteEdgeError(name, `${action} failed: ${reason}`, {
    kind,
    cause: error,
    suggestions: [suggestion],
  });
}

interface DiskWording {
  readonly kind: ErrorKind;
  readonly name: string;
  readonly reason: string;
  readonly suggestion: string;
}

const noSpace: DiskWording = {
  kind: 'disk',
  name: 'DISK_FULL',
  reason: 'no space left on the device',
  suggestion: 'Free some space, or choose another place.',
};

const noPermission: DiskWording = {
  kind: 'disk',
  name: 'DISK_PERMISSION',
  reason: 'permission denied',
  suggestion: 'Check the owner and mode of the file and its folder.',
};

const diskWordings: Readonly<Record<string, DiskWording>> = {
  ENOSPC: noSpace,
  EDQUOT: { ...noSpace, reason: 'the disk quota is used up' },
  EFBIG: {
    kind: 'disk',
    name: 'FILE_TOO_LARGE',
    reason: 'the file is too large for the file system, or for the limit of the process',
    suggestion:
      'Raise the limit (ulimit -f), or choose another file system. Bundles can be written in parts: --split 4GiB-1',
  },
  EACCES: noPermission,
  EPERM: noPermission,
  EROFS: { ...noPermission, reason: 'the file system is read-only', suggestion: 'Choose a writable place.' },
  ENOENT: {
    kind: 'notFound',
    name: 'FILE_NOT_FOUND',
    reason: 'no such file or folder',
    suggestion: 'Check the path.',
  },
  EISDIR: {
    kind: 'usage',
    name: 'NOT_A_FILE',
    reason: 'it is a folder, not a file',
    suggestion: 'Name a file.',
  },
  ENOTDIR: {
    kind: 'usage',
    name: 'NOT_A_FOLDER',
    reason: 'a part of the path is a file, not a folder',
    suggestion: 'Check the path.',
  },
};
