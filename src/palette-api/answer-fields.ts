import { isRecord } from '../io/is-record.ts';

/** An object of an answer, or an empty one when there is none: nearly every field of the API may be missing. */
export function objectField(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const field = fieldOf(value, name);
  return isRecord(field) ? field : {};
}

/** A list of an answer, or an empty one. */
export function arrayField(value: unknown, name: string): readonly unknown[] {
  const field = fieldOf(value, name);
  return Array.isArray(field) ? field : [];
}

/** A text of an answer, or an empty one. */
export function stringField(value: unknown, name: string): string {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : '';
}

function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
