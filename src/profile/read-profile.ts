import { PaletteEdgeError } from '../errors.ts';
import { foundKeys } from './found-keys.ts';
import { shownText } from './shown-text.ts';
import { bareText } from './source-file.ts';
import type { SourceFile } from './source-file.ts';
import { entryOf, isAbsent, listField, mapField, scalarField, textField } from './yaml-fields.ts';
import { parseYaml, yamlInvalid } from './yaml-tree.ts';
import type { YamlDocument, YamlList, YamlMap, YamlNode } from './yaml-tree.ts';

/** A cluster profile, whichever of the three shapes its document had. */
export interface Profile {
  /** Base name of the file it came from. */
  readonly file: string;
  readonly name: string;
  readonly version: string;
  /** `cluster` (full), `infra`, `add-on` or `system`; from the layers when the document does not say. */
  readonly type: string;
  readonly packs: readonly Pack[];
  readonly variables: ReadonlyMap<string, ProfileVariable>;
}

/** A pack of a profile. */
export interface Pack {
  readonly name: string;
  /** `spectro`, `helm`, `manifest` or `oci`; empty when the document does not say. */
  readonly type: string;
  /** `kernel`, `os`, `k8s`, `cni`, `csi` or `addon`; empty when the document does not say. */
  readonly layer: string;
  /** Exact version; falls back to the tag, which may float. */
  readonly version: string;
  /** Address of the pack registry or chart repository that it is from; empty when the document does not say. */
  readonly server: string;
  /** What a registry of the type `oci` holds: `helm`, `pack`, `zarf`; empty when the document does not say. */
  readonly providerType: string;
  /** YAML text, empty when the pack has none. */
  readonly values: string;
  readonly manifests: readonly PackManifest[];
}

/** An inline manifest of a pack; without content when the document only refers to it. */
interface PackManifest {
  readonly name: string;
  readonly content: string | undefined;
}

/** A profile variable's definition. */
interface ProfileVariable {
  readonly defaultValue: string | undefined;
  readonly isSensitive: boolean;
}

/**
 * Reads a profile document: an export (`spec.template.packs`), the body of `GET /v1/clusterprofiles/{uid}`
 * (`spec.published.packs`, else `spec.draft.packs`), or flattened by hand (`spec.packs`); as JSON or YAML.
 *
 * @throws PaletteEdgeError `YAML_INVALID` with line and column, `PROFILE_INVALID` that says what was expected and found
 */
export function readProfile(file: SourceFile): Profile {
  const place = (line: number, column: number) => `${file.name}:${line}:${column}`;
  const root = onlyDocument(parseYaml(bareText(file), place), file);
  const spec = mapField(root, 'spec');
  const holder = packHolder(spec);
  if (spec === undefined || holder === undefined) throw noProfile(file, root);
  const packs = readPacks(entryOf(holder, 'packs')?.value, file);
  const metadata = mapField(root, 'metadata');
  return {
    file: shownText(file.name),
    name: shownText(
      textField(metadata, 'name') ?? textField(holder, 'name') ?? file.name.replace(/\.[^.]+$/, ''),
    ),
    version: shownText(versionOf(spec, holder, metadata)),
    type: shownText(textField(holder, 'type') ?? textField(spec, 'type') ?? typeByLayers(packs)),
    packs,
    variables: readVariables(root, spec, holder),
  };
}

/**
 * Reads a document at once, so that its text need not be kept. The failure is thrown when the profile is asked for: those
 * of several documents are told together.
 */
export function readProfileAhead(file: SourceFile): () => Profile {
  try {
    const profile = readProfile(file);
    return () => profile;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** The part of `spec` that has the packs. */
function packHolder(spec: YamlMap | undefined): YamlMap | undefined {
  const shapes = [mapField(spec, 'template'), mapField(spec, 'published'), mapField(spec, 'draft'), spec];
  return shapes.find((shape) => listField(shape, 'packs') !== undefined);
}

function versionOf(spec: YamlMap, holder: YamlMap, metadata: YamlMap | undefined): string {
  return (
    textField(spec, 'version') ??
    textField(holder, 'profileVersion') ??
    textField(metadata, 'version') ??
    textField(holder, 'version') ??
    ''
  );
}

function onlyDocument(documents: readonly YamlDocument[], file: SourceFile): YamlNode {
  const [document] = documents;
  if (document === undefined) throw profileInvalid(`${file.name} is empty`);
  if (documents.length > 1) {
    throw profileInvalid(`${file.name} holds ${documents.length} documents; expected one profile`, [
      'Put each profile into its own file and give each with --profile.',
    ]);
  }
  const [duplicate] = document.duplicates;
  if (duplicate !== undefined) {
    const place = `${file.name}:${duplicate.line}:${duplicate.column}`;
    throw yamlInvalid(place, `the key ${JSON.stringify(shownText(duplicate.key))} is there twice`);
  }
  return document.root;
}

function noProfile(file: SourceFile, root: YamlNode): PaletteEdgeError {
  const expected = 'expected spec.template.packs, spec.published.packs or spec.packs';
  const kind = textField(root, 'kind');
  const suggestion =
    kind === undefined
      ? 'Export the profile in Palette, or fetch it from /v1/clusterprofiles/{uid}/export?format=json.'
      : `Its kind is ${shownText(kind)}: Kubernetes manifests are given with --manifest.`;
  return profileInvalid(`${file.name} is no cluster profile: ${expected}, found ${foundKeys(root)}`, [
    suggestion,
  ]);
}

function readPacks(list: YamlNode | undefined, file: SourceFile): Pack[] {
  const items = list?.kind === 'list' ? list.items : [];
  return items.map((node, position) => {
    const place = `${file.name}:${node.line}: packs[${position}]`;
    const name = textField(node, 'name');
    if (name === undefined || name === '') throw profileInvalid(`${place} has no name`);
    return {
      name: shownText(name),
      type: textField(node, 'type') ?? '',
      layer: textField(node, 'layer') ?? '',
      version: textField(node, 'version') ?? textField(node, 'tag') ?? '',
      ...readRegistry(node),
      values: valuesText(node, `${place} (${shownText(name)})`),
      manifests: readManifests(listField(node, 'manifests')),
    };
  });
}

/** Exports say more of the registry than other shapes, but not always where it is. */
function readRegistry(pack: YamlNode): Pick<Pack, 'server' | 'providerType'> {
  const registry = mapField(pack, 'registry');
  const metadata = mapField(registry, 'metadata');
  const server = [pack, metadata, registry]
    .map((node) => textField(node, 'server'))
    .find((text) => text !== undefined);
  return { server: server ?? '', providerType: textField(metadata, 'providerType') ?? kindOf(metadata) };
}

/** What the registry holds, as its kind says; `oci` may hold anything. */
function kindOf(metadata: YamlMap | undefined): string {
  const kind = textField(metadata, 'kind') ?? '';
  return kind === 'oci' ? '' : kind;
}

function valuesText(pack: YamlNode, place: string): string {
  const entry = entryOf(pack, 'values');
  if (entry === undefined || isAbsent(entry.value)) return '';
  if (entry.value.kind === 'scalar') return entry.value.text;
  throw profileInvalid(`${place}: values is no text`, [
    'Write values as a YAML string, as exports do: values: |',
  ]);
}

function readManifests(list: YamlList | undefined): PackManifest[] {
  return (list?.items ?? []).map((node, position) => ({
    name: shownText(textField(node, 'name') ?? String(position)),
    content:
      textField(node, 'content') ?? textField(mapField(mapField(node, 'spec'), 'published'), 'content'),
  }));
}

function readVariables(...holders: readonly YamlNode[]): Map<string, ProfileVariable> {
  const variables = new Map<string, ProfileVariable>();
  for (const node of holders.flatMap((holder) => listField(holder, 'variables')?.items ?? [])) {
    const name = textField(node, 'name');
    if (name === undefined || variables.has(name)) continue;
    const isSensitive = scalarField(node, 'isSensitive')?.text.toLowerCase() === 'true';
    variables.set(name, { defaultValue: textField(node, 'defaultValue'), isSensitive });
  }
  return variables;
}

/** What kind of profile the layers make: infrastructure only, add-ons only, or both (a full cluster profile). */
function typeByLayers(packs: readonly Pack[]): string {
  const infrastructure = packs.filter(({ layer }) => /^(?:kernel|os|k8s|cni|csi)$/.test(layer));
  if (infrastructure.length === 0) return 'add-on';
  return infrastructure.length === packs.length ? 'infra' : 'cluster';
}

function profileInvalid(message: string, suggestions: readonly string[] = []): PaletteEdgeError {
  return new PaletteEdgeError('PROFILE_INVALID', message, { kind: 'usage', suggestions });
}
