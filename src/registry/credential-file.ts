import { open } from 'node:fs/promises';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';

const maximumFileSize = 4 * 1024 * 1024;

/**
 * Reads a credentials file as a JSON object.
 *
 * @param need an `optional` file that does not exist reads as an empty object
 * @throws PaletteEdgeError when it cannot be read or is no JSON object; the message never quotes it
 */
export async function readCredentialFile(
  path: string,
  need: 'required' | 'optional',
): Promise<Record<string, unknown>> {
  const text = await readText(path, need);
  if (text === undefined) return {};
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // Without the parser's error as cause: it quotes the text, and the text has secrets in it.
    throw invalidCredentialFile(path, 'it is not valid JSON');
  }
  if (!isRecord(document)) throw invalidCredentialFile(path, 'it is no JSON object');
  return document;
}

/** The error for a credentials file that makes no sense. */
export function invalidCredentialFile(path: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'CREDENTIAL_FILE_INVALID',
    `the credentials file ${path} is not valid: ${reason}`,
    {
      kind: 'usage',
    },
  );
}

/** Whether a value from JSON is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readText(path: string, need: 'required' | 'optional'): Promise<string | undefined> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > maximumFileSize)
      throw invalidCredentialFile(path, `it has more than ${maximumFileSize} bytes`);
    return await file.readFile('utf8');
  } catch (error) {
    const code = systemErrorCode(error);
    if (need === 'optional' && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    throw wordDiskError(error, `reading the credentials file ${path}`);
  }
}
