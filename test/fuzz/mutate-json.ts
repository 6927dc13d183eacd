import type { SeededRandom } from '../soak/seeded-random.ts';

/** A value of JSON that can be changed. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** An object of JSON that can be changed. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** What a liar writes where something else was. */
const lies: readonly JsonValue[] = [
  null,
  true,
  '',
  0,
  1,
  -1,
  0.5,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  1e300,
  [],
  {},
  [[]],
  [{}],
  '../../../etc/passwd',
  '/etc/passwd',
  'palette-edge/../../x',
  'a\u0000b',
  '\u001B[2J\u001B]0;x\u0007',
  '\u009B31m\u202E',
  '__proto__',
  'constructor',
  'sha256:',
  `sha256:${'0'.repeat(64)}`,
  `sha256:${'A'.repeat(64)}`,
  `sha512:${'0'.repeat(128)}`,
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.cncf.helm.config.v1+json',
  'docker.io/library/nginx:1.27',
  'x'.repeat(2000),
  '\uD800',
];

/** Changes some values of a document in place, at any depth. */
export function mutateJson(document: JsonValue, random: SeededRandom): void {
  for (let change = random.integer(1, 3); change > 0; change -= 1) mutateSomewhere(document, random);
}

function mutateSomewhere(document: JsonValue, random: SeededRandom): void {
  const places: (JsonValue[] | JsonObject)[] = [];
  const collect = (value: JsonValue): void => {
    if (typeof value !== 'object' || value === null) return;
    places.push(value);
    for (const inner of Object.values(value)) collect(inner);
  };
  collect(document);
  const place = random.pick(places);
  if (Array.isArray(place)) mutateList(place, random);
  else mutateObject(place, random);
}

function mutateList(list: JsonValue[], random: SeededRandom): void {
  const index = random.integer(0, Math.max(0, list.length - 1));
  const kind = random.integer(0, 4);
  if (kind === 0) list.push(lieOf(random));
  else if (kind === 1) list.splice(index, 1);
  else if (kind === 2) list.push(...structuredClone(list.slice(index, index + 1)));
  else if (kind === 3) list.reverse();
  else list[index] = lieOf(random);
}

function mutateObject(object: JsonObject, random: SeededRandom): void {
  const keys = Object.keys(object);
  const kind = random.integer(0, 5);
  if (keys.length === 0 || kind === 0) {
    object[random.pick(['subject', 'platform', 'rawFiles', 'size', 'manifests', 'layers', 'x'])] =
      lieOf(random);
    return;
  }
  const key = random.pick(keys);
  const value = object[key];
  if (kind === 1) delete object[key];
  else if (kind === 2) object[key] = structuredClone(object[random.pick(keys)] ?? null);
  else if (kind === 3 && typeof value === 'number') object[key] = value + random.pick([-1, 1, 512, -512]);
  else object[key] = lieOf(random);
}

function lieOf(random: SeededRandom): JsonValue {
  return structuredClone(random.pick(lies));
}
