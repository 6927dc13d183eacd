import { PaletteEdgeError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import { storeLogin } from '../registry/credential-store.ts';
import type { CredentialStoreOptions } from '../registry/credential-store.ts';
import { checkLogin } from '../registry/login-check.ts';

/** Who logs in where. */
export interface LoginInput {
  /** As in a reference: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

/** What a login works with. */
export interface LoginResources {
  readonly http: HttpClient;
  readonly store: CredentialStoreOptions;
}

/** A login that was checked and kept. */
export interface LoginResult {
  readonly registry: string;
  readonly username: string;
  /** Whether the registry asked for the password. */
  readonly isChecked: boolean;
  /** The Docker config. */
  readonly path: string;
  /** The credential helper that has the password; null when the Docker config has it. */
  readonly helper: string | null;
}

/**
 * Tries a password at the registry, and keeps it when it is right.
 *
 * @throws PaletteEdgeError of kind usage, `LOGIN_REFUSED` (kind authentication) before anything is written,
 *   `CREDENTIAL_HELPER_FAILED`, or kind network or disk
 */
export async function logIn(
  input: LoginInput,
  { http, store }: LoginResources,
  signal: AbortSignal,
): Promise<LoginResult> {
  const { registry, username, password } = input;
  checkWords(username, password);
  const { isChecked } = await checkLogin({ http, registry, username, password, signal });
  const { path, helper = null } = await storeLogin({ registry, username, password }, { ...store, signal });
  return { registry, username, isChecked, path, helper };
}

/** RFC 7617, 2: a user name with a colon cannot be told from the password. */
function checkWords(username: string, password: string): void {
  const reason =
    (username === '' && 'the user name is empty') ||
    (/[:\p{Cc}]/u.test(username) && 'the user name has a colon or a control character in it') ||
    (password === '' && 'the password is empty');
  if (reason === false) return;
  throw new PaletteEdgeError('LOGIN_INVALID', reason, {
    kind: 'usage',
    suggestions: ['Give --username USER, and the password on standard input.'],
  });
}
