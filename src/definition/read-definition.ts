import { DocumentNode } from '../io/document-node.ts';
import { isRawFileName } from '../io/raw-file-name.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { parsePlatform } from '../oci/platform.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import { chartKey, definitionVersion } from './definition.ts';
import type {
  DefinedChart,
  DefinedFile,
  DefinedImage,
  DefinedProfile,
  Definition,
  DefinitionOptions,
} from './definition.ts';
import { invalidDefinition } from './definition-node.ts';
import type { DefinitionNode } from './definition-node.ts';
import { parseDefinitionYaml } from './parse-definition-yaml.ts';
import { readOrigin } from './read-origin.ts';

/** A definition file that was read. */
export interface DefinitionSource {
  /** Base name, for messages and as an origin. */
  readonly name: string;
  readonly text: string;
}

/**
 * Reads a definition. Every field is checked, and what is not known is refused: it may be misspelt.
 *
 * @throws PaletteEdgeError `DEFINITION_INVALID` (kind usage) with file, line and field
 */
export function readDefinition({ name, text }: DefinitionSource): Definition {
  const { document, lineOf } = parseDefinitionYaml(text, name);
  const root = new DocumentNode(document.contents, {
    file: name,
    line: 1,
    path: '',
    lineOf,
    invalid: invalidDefinition,
  });
  const fields = root.fields(['definitionVersion', 'options', 'profiles', 'images', 'charts', 'files']);
  requireVersion(fields.definitionVersion);
  return {
    options: fields.options.isEmpty ? { map: [], exclude: [] } : readOptions(fields.options),
    profiles: fields.profiles.items().map(readProfile),
    images: readImages(fields.images),
    charts: readCharts(fields.charts),
    files: readFiles(fields.files),
  };
}

function requireVersion(node: DefinitionNode): void {
  if (!node.isEmpty && node.wholeNumber(1, Number.MAX_SAFE_INTEGER) === definitionVersion) return;
  throw node.invalid(`expected ${definitionVersion}`, [
    'Is it a definition? One of a later version is read by a newer palette-edge.',
  ]);
}

function readOptions(node: DefinitionNode): DefinitionOptions {
  const fields = node.fields([
    'name',
    'platforms',
    'allowMissingPlatform',
    'compressionLevel',
    'map',
    'exclude',
  ]);
  const platforms = fields.platforms.items().map((platform) => platform.parsed(parsePlatform));
  return {
    name: fields.name.optional((name) => name.text()),
    platforms: platforms.length === 0 ? undefined : platforms,
    allowMissingPlatform: fields.allowMissingPlatform.optional((value) => value.truth()),
    compressionLevel: fields.compressionLevel.optional((level) => level.wholeNumber(1, 19)),
    map: fields.map.items().map((mapping) => mapping.text()),
    exclude: fields.exclude.items().map((pattern) => pattern.text()),
  };
}

function readProfile(node: DefinitionNode): DefinedProfile {
  const { name, version, type, packs } = node.fields(['name', 'version', 'type', 'packs']);
  return {
    name: name.text(),
    version: textOrNone(version),
    type: textOrNone(type),
    packs: packs.items().map((pack) => {
      const fields = pack.fields(['name', 'type', 'layer', 'version']);
      return {
        name: fields.name.text(),
        type: textOrNone(fields.type),
        layer: textOrNone(fields.layer),
        version: textOrNone(fields.version),
      };
    }),
  };
}

function textOrNone(node: DefinitionNode): string {
  return node.optional((given) => given.text()) ?? '';
}

function readImages(node: DefinitionNode): DefinedImage[] {
  const lines = new Map<string, number>();
  return node.items().map((item) => {
    const image = readImage(item);
    const before = lines.get(image.name);
    if (before !== undefined) throw item.invalid(`${image.name} is there already, on line ${before}`);
    lines.set(image.name, image.line);
    return image;
  });
}

function readImage(node: DefinitionNode): DefinedImage {
  const fields = node.fields(['reference', 'digest', 'origins']);
  const reference = fields.reference.parsed(parseReference);
  const digest = fields.digest.optional(readDigest);
  if (reference.digest !== undefined && digest !== undefined && reference.digest !== digest)
    throw fields.digest.invalid('it is not the digest of the reference');
  return {
    reference,
    name: formatReference(reference),
    digest: digest ?? reference.digest,
    origins: readOrigins(fields.origins),
    line: node.line,
  };
}

/** None is as if there were no such field. */
function readOrigins(node: DefinitionNode): DefinedImage['origins'] {
  const origins = node.items().map(readOrigin);
  return origins.length === 0 ? undefined : origins;
}

function readCharts(node: DefinitionNode): DefinedChart[] {
  const keys = new Set<string>();
  return node.items().map((item) => {
    const chart = readChart(item);
    if (keys.has(chartKey(chart))) throw item.invalid('this chart is there already');
    keys.add(chartKey(chart));
    return chart;
  });
}

function readChart(node: DefinitionNode): DefinedChart {
  const fields = node.fields([
    'repository',
    'name',
    'wanted',
    'version',
    'digest',
    'wantsDigest',
    'provenance',
    'origins',
  ]);
  return {
    repository: fields.repository.text(),
    name: fields.name.text(),
    wanted: fields.wanted.optional((wanted) => wanted.text()),
    version: fields.version.optional((version) => version.text()),
    digest: fields.digest.optional(readDigest),
    wantsDigest: fields.wantsDigest.optional((value) => value.truth()),
    provenance: fields.provenance.optional(readProvenance),
    origins: readOrigins(fields.origins),
    line: node.line,
  };
}

function readProvenance(node: DefinitionNode): DefinedChart['provenance'] {
  return node.text() === 'none' ? 'none' : readDigest(node);
}

function readFiles(node: DefinitionNode): DefinedFile[] {
  const names = new Set<string>();
  return node.items().map((item) => {
    const fields = item.fields(['path', 'name', 'digest']);
    const name = fields.name.text();
    if (!isRawFileName(name))
      throw fields.name.invalid(`${JSON.stringify(name.slice(0, 80))} cannot name a file in a bundle`, [
        'Use letters, digits, . _ @ + - and / between folders; no folder is . or ..',
      ]);
    if (names.has(name)) throw fields.name.invalid('another file has this name');
    names.add(name);
    return { path: fields.path.text(), name, digest: fields.digest.optional(readDigest) };
  });
}

function readDigest(node: DefinitionNode): Digest {
  const text = node.text();
  if (!isDigest(text)) throw node.invalid('expected sha256: and 64 lower-case hex digits');
  return text;
}
