import { printable } from '../io/printable.ts';
import { openFileAccess } from '../io/random-access.ts';
import { checkUserData, maximumUserData } from '../iso/user-data.ts';
import type { UnknownKey } from '../iso/user-data.ts';
import { isMisspelling } from '../profile/edit-distance.ts';
import type { Warning } from '../warning.ts';

/** User data that is fit for a host. */
export interface UserData {
  readonly bytes: Uint8Array;
  readonly warnings: readonly Warning[];
}

/** Of unknown keys: a file of something else has any number. */
const mostTold = 20;

/**
 * Reads user data and checks it as {@link checkUserData} does.
 *
 * @throws PaletteEdgeError `USER_DATA_INVALID` (kind usage), or why the file cannot be read
 */
export async function readUserData(file: string): Promise<UserData> {
  const bytes = await readBytes(file);
  const { hasStylus, unknown } = checkUserData(bytes, file);
  const warnings = [
    ...(hasStylus ? [] : [withoutStylus(file)]),
    ...unknown.flatMap((key) => keyWarnings(key, file)).slice(0, mostTold),
  ];
  return { bytes, warnings };
}

async function readBytes(file: string): Promise<Uint8Array> {
  const access = await openFileAccess(file, 'user data');
  try {
    return await access.read(0, Math.min(access.size, maximumUserData + 1));
  } finally {
    await access.close();
  }
}

function withoutStylus(file: string): Warning {
  const message = `${file} has no stylus block: the host gets no endpoint and no token from it`;
  return { code: 'USER_DATA_WITHOUT_STYLUS', message };
}

/** At the top only what is close to a key of ours is told: cloud-init has its own. */
function keyWarnings({ line, block, key, known }: UnknownKey, file: string): Warning[] {
  const near = known.find((word) => isNear(key, word));
  if (block === '' && near === undefined) return [];
  const name = printable(block === '' ? key : `${block}.${key}`, 120);
  const advice = near === undefined ? 'it is not in the documentation' : `did you mean ${near}?`;
  return [{ code: 'USER_DATA_KEY_UNKNOWN', message: `${file}:${line}: unknown key ${name}: ${advice}` }];
}

function isNear(key: string, word: string): boolean {
  const lower = word.toLowerCase();
  return key.toLowerCase() === lower || isMisspelling(key, lower);
}
