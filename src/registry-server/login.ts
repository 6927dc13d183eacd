import { createHash, timingSafeEqual } from 'node:crypto';

/** The one user of a registry. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/** The challenge to clients that are not logged in (RFC 7617, 2). */
export const loginChallenge = 'Basic realm="palette-edge", charset="UTF-8"';

/**
 * Whether an `Authorization` header holds this login (RFC 7617). Takes the same time whatever is wrong, so that nothing
 * can be learned byte by byte.
 */
export function isLoggedIn({ username, password }: RegistryLogin, header: string | undefined): boolean {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '')?.[1] ?? '';
  const given = createHash('sha256').update(Buffer.from(encoded, 'base64')).digest();
  const expected = createHash('sha256').update(`${username}:${password}`).digest();
  return timingSafeEqual(given, expected);
}
