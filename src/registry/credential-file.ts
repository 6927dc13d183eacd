import { open } from 'node:fs/promises';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import { refuseSecretText } from '../io/refuse-secret-text.ts';

/** Whose format a credentials file has: that of `--cred-file-path`, or of Docker's `config.json`. */
type CredentialFileShape = 'palette' | 'docker';

const expectedShapes: Readonly<Record<CredentialFileShape, string>> = {
  palette:
    'Expected {"image": [{"endpoint": "registry.example.com", "username": "…", "password": "…"}], "helm": []}.',
  docker:
    'Expected {"auths": {"registry.example.com": {"auth": "base64 of user:password"}}}; docker login writes it.',
};

const maximumFileSize = 4 * 1024 * 1024;

/**
 * Reads a credentials file as a JSON object.
 *
 * @param shape a Docker config that does not exist, or is empty, reads as an empty object, as for docker; a file of Palette's was asked for
 * @throws PaletteEdgeError when it cannot be read or is no JSON object; the message never quotes it
 */
export async function readCredentialFile(
  path: string,
  shape: CredentialFileShape,
): Promise<Record<string, unknown>> {
  refuseSecretText(path, 'credentials file');
  const text = await readText(path, shape);
  if (text === undefined || (shape === 'docker' && text.trim() === '')) return {};
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // Without the parser's error as cause: it quotes the text, and the text has secrets in it.
    throw invalidCredentialFile({ path, shape }, 'it is not valid JSON');
  }
  if (!isRecord(document)) throw invalidCredentialFile({ path, shape }, 'it is no JSON object');
  return document;
}

/** The error for a credentials file that makes no sense; it shows the shape that was expected. */
export function invalidCredentialFile(
  { path, shape }: { readonly path: string; readonly shape: CredentialFileShape },
  reason: string,
): PaletteEdgeError {
  return new PaletteEdgeError(
    'CREDENTIAL_FILE_INVALID',
    `the credentials file ${path} is not valid: ${reason}`,
    { kind: 'usage', suggestions: [expectedShapes[shape]] },
  );
}

async function readText(path: string, shape: CredentialFileShape): Promise<string | undefined> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > maximumFileSize)
      throw invalidCredentialFile({ path, shape }, `it has more than ${maximumFileSize} bytes`);
    return await file.readFile('utf8');
  } catch (error) {
    const code = systemErrorCode(error);
    if (shape === 'docker' && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    throw wordDiskError(error, `reading the credentials file ${path}`);
  }
}
