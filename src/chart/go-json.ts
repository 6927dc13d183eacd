/** A value as Go's `encoding/json` writes it; a `Map` is an object whose keys keep their order. */
export type GoJson = string | number | boolean | null | readonly GoJson[] | ReadonlyMap<string, GoJson>;

const escapes = /[<>&\u2028\u2029]/g;

/**
 * Writes JSON as Go's `json.Marshal` does, which Helm uses: no white space, and `<`, `>`, `&` and two separators of lines escaped.
 */
export function goJson(value: GoJson): string {
  if (value instanceof Map) {
    const fields = [...value].map(([key, field]: [string, GoJson]) => `${text(key)}:${goJson(field)}`);
    return `{${fields.join(',')}}`;
  }
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  return typeof value === 'string' ? text(value) : JSON.stringify(value);
}

/** The fields in the order in which Go writes the keys of a map: by their bytes. */
export function sortedMap(fields: ReadonlyMap<string, GoJson>): ReadonlyMap<string, GoJson> {
  return new Map(
    [...fields].toSorted(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
  );
}

function text(value: string): string {
  return JSON.stringify(value.toWellFormed()).replaceAll(
    escapes,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
