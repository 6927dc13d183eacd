import { fieldText } from './field-text.ts';
import type { Finding } from './found-package.ts';

/** What an image says it is (os-release(5)): `NAME=value` lines with the quotes of shells. */
export function readOsRelease(bytes: Buffer): Finding {
  const values = new Map<string, string>();
  for (const line of bytes.toString('utf8').split('\n')) {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    const text = fieldText(unquote(value ?? ''));
    if (name !== undefined && text !== undefined) values.set(name, text);
  }
  const [id, versionId, prettyName] = ['ID', 'VERSION_ID', 'PRETTY_NAME'].map((name) => values.get(name));
  return {
    packages: [],
    distribution: {
      ...(id !== undefined && { id: id.toLowerCase() }),
      ...(versionId !== undefined && { versionId }),
      ...(prettyName !== undefined && { prettyName }),
    },
    problems: [],
  };
}

function unquote(value: string): string {
  const quote = value[0];
  if (quote === "'" && value.endsWith("'")) return value.slice(1, -1);
  if (quote !== '"' || !value.endsWith('"')) return value;
  return value.slice(1, -1).replaceAll(/\\([\\"$`])/g, '$1');
}
