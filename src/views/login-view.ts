import type { LoginResult } from '../workflows/log-in.ts';
import type { LogoutResult } from '../workflows/log-out.ts';

/** Who is logged in where, and who keeps the password. */
export function loginView({ registry, username, isChecked, path, helper }: LoginResult): string {
  return [
    `Logged in to ${registry} as ${username}`,
    ...(isChecked ? [] : [`${registry} asks nobody for a password: whether it is right could not be told`]),
    helper === null
      ? `The password is in ${path}, which only you can read; it is not encrypted`
      : `The password is with ${helper}`,
  ].join('\n');
}

/** What there was to forget, and what is left. */
export function logoutView({ registry, wasLoggedIn, path, remaining }: LogoutResult): string {
  return [
    wasLoggedIn ? `Logged out of ${registry}` : `There was no login to ${registry} in ${path}`,
    ...(remaining === null ? [] : [`Builds still find credentials for it in ${remaining}`]),
  ].join('\n');
}
