import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Program, or the whole path of another file → Debian package. scripts/setup.mjs installs them before `npm test`. */
export const requiredTools: Readonly<Partial<Record<string, string>>> = JSON.parse(
  readFileSync(new URL('../../scripts/required-tools.json', import.meta.url), 'utf8'),
);

/**
 * The path of a system program that a test runs. Servers may be in /usr/sbin, which is not on everybody's PATH.
 *
 * @throws Error that says what to install when it is missing, and where to list it when setup does not know it: a test
 * is never skipped because a program is not there
 */
export function requireTool(name: string): string {
  const debianPackage = requiredTools[name];
  if (debianPackage === undefined) {
    throw new Error(`${name} is not in scripts/required-tools.json: add it there, so that setup installs it`);
  }
  if (isAbsolute(name) && existsSync(name)) return name;
  const path = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, name))
    .find(isExecutable);
  if (path !== undefined) return path;
  throw new Error(
    `this test needs the program ${name}: run npm test, which sets it up, or apt-get install ${debianPackage}`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
