import { isRecord } from '../../io/is-record.ts';
import { distinct, distinctNames, fieldText, isNamed } from './field-text.ts';
import { UnreadableError } from './found-package.ts';
import type { Finding } from './found-package.ts';

const none: Finding = { packages: [], problems: [] };

/**
 * The package of a package.json in a folder of node_modules (npm docs, "package.json"). Those without name and version only say how
 * files of a folder are to be loaded.
 *
 * @throws UnreadableError for what is no JSON object
 */
export function readNpmPackage(bytes: Buffer): Finding {
  const json = parse(bytes);
  const [name, version] = [textOf(json['name']), textOf(json['version'])];
  if (name === undefined || version === undefined) return none;
  if (!isNamed(name, version)) throw new UnreadableError('has a name or version that no package can have');
  const dependencies = json['dependencies'];
  return {
    packages: [
      {
        type: 'npm',
        name,
        version,
        licences: licencesOf(json),
        supplier: textOf(json['author']) ?? fieldOf(json['author'], 'name'),
        homepage: textOf(json['homepage']),
        provides: [],
        requires: distinctNames(isRecord(dependencies) ? Object.keys(dependencies).slice(0, 10_000) : []).map(
          (each) => [each],
        ),
      },
    ],
    problems: [],
  };
}

function parse(bytes: Buffer): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
    if (isRecord(json)) return json;
  } catch {
    // Told of below, as anything else that is no object.
  }
  throw new UnreadableError('is no JSON object');
}

/** `license` is an expression; old packages have an object there, or a list of them in `licenses`. */
function licencesOf(json: Record<string, unknown>): string[] {
  const list = json['licenses'];
  const all = [json['license'], ...(Array.isArray(list) ? list.slice(0, 100) : [list])];
  return distinct(all.map((each) => textOf(each) ?? fieldOf(each, 'type')));
}

function fieldOf(value: unknown, field: string): string | undefined {
  return isRecord(value) ? textOf(value[field]) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? fieldText(value) : undefined;
}
