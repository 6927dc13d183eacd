import type { Credential } from './credential.ts';

/** What is sent in the `Authorization` header of a request. */
export interface Authorization {
  readonly header: string;
  /** Where the credentials behind it came from; undefined for an anonymous token. */
  readonly credentialOrigin: string | undefined;
  /** What must never show up in a message. */
  readonly secrets: readonly string[];
}

/** Basic authorization (RFC 7617). An identity token stands in for the password, as Docker sends it. */
export function basicAuthorization(credential: Credential): Authorization {
  const { username, secret } = loginOf(credential);
  const encoded = Buffer.from(`${username}:${secret}`).toString('base64');
  return { header: `Basic ${encoded}`, credentialOrigin: credential.origin, secrets: [secret, encoded] };
}

/** Bearer authorization (RFC 6750). */
export function bearerAuthorization(token: string, credential: Credential | undefined): Authorization {
  const secrets = credential === undefined ? [] : [loginOf(credential).secret];
  return { header: `Bearer ${token}`, credentialOrigin: credential?.origin, secrets: [token, ...secrets] };
}

function loginOf(credential: Credential): { username: string; secret: string } {
  if ('password' in credential) return { username: credential.username, secret: credential.password };
  return { username: credential.username ?? '<token>', secret: credential.identityToken };
}
