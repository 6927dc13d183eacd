import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Every spelling of a secret that gives it away: as it is, percent-encoded, in JSON, in base64 with and without a user. */
function spellings(secret: string): string[] {
  const base64 = [secret, `edge:${secret}`, `:${secret}`].flatMap((text) => {
    const bytes = Buffer.from(text);
    return [bytes.toString('base64'), bytes.toString('base64url')];
  });
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...base64];
}

/** The secrets that can be read in a text, by {@link spellings}. */
export function secretsIn(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => spellings(secret).some((spelling) => text.includes(spelling)));
}

/**
 * The secrets that can be read in the files below a folder, each as `file: secret`.
 *
 * @param except files and folders that hold secrets by right, from the folder
 */
export async function secretsBelow(
  folder: string,
  secrets: readonly string[],
  except: readonly string[],
): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !except.some((name) => path === name || path.startsWith(`${name}${sep}`)));
  const found = await Promise.all(
    files.map(async (path) => {
      const text = await readFile(join(folder, path), 'latin1');
      return secretsIn(text, secrets).map((secret) => `${path}: ${secret}`);
    }),
  );
  return found.flat();
}
