import { parseSync } from 'oxc-parser';

/** One module that a source file names, in whatever way: import, re-export, type import, `import()`, worker URL. */
export interface ModuleUse {
  readonly specifier: string;
  /** The names taken from it; `*` for all of it. */
  readonly names: readonly string[];
}

/** What the rules about folders need to know of a source file. */
export interface SourceFile {
  /** Relative to src/, with `/`. */
  readonly path: string;
  readonly lines: number;
  readonly modules: readonly ModuleUse[];
  /** Identifiers that are variables, not property names. */
  readonly variables: ReadonlySet<string>;
  /** Property names that are read: `a.name`, `a['name']`, `{ name } = a`. */
  readonly properties: ReadonlySet<string>;
  /** `import(x)` of something else than a plain string: no rule can see where it leads. */
  readonly computedImports: number;
}

/**
 * Parses one TypeScript file.
 *
 * @throws Error when it does not parse: rules that see half a file would report nothing
 */
export function readSourceFile(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  const found: Found = { modules: [], variables: new Set(), properties: new Set(), computedImports: 0 };
  visit(program, found);
  return { path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), ...found };
}

interface Found {
  modules: ModuleUse[];
  variables: Set<string>;
  properties: Set<string>;
  computedImports: number;
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

function visit(node: unknown, found: Found): void {
  if (!isNode(node)) return;
  visitors[node.type]?.(node, found);
  for (const [field, value] of Object.entries(node)) {
    if (isPropertyName(node, field)) continue;
    for (const child of Array.isArray(value) ? value : [value]) visit(child, found);
  }
}

const visitors: Readonly<Record<string, (node: Node, found: Found) => void>> = {
  ImportDeclaration: (node, found) => addModule(node['source'], importedNames(node['specifiers']), found),
  ExportAllDeclaration: (node, found) => addModule(node['source'], ['*'], found),
  ExportNamedDeclaration: (node, found) => {
    if (isNode(node['source'])) addModule(node['source'], importedNames(node['specifiers']), found);
  },
  ImportExpression: (node, found) => addModule(node['source'], ['*'], found),
  TSImportType: (node, found) => addModule(node['source'], ['*'], found),
  TSExternalModuleReference: (node, found) => addModule(node['expression'], ['*'], found),
  NewExpression: (node, found) => {
    // new Worker(new URL('./worker.ts', import.meta.url)) loads that file.
    const [target, base] = Array.isArray(node['arguments']) ? node['arguments'] : [];
    if (nameOf(node['callee']) === 'URL' && isOwnUrl(base)) addModule(target, ['*'], found);
  },
  Identifier: (node, found) => void found.variables.add(String(node['name'])),
  MemberExpression: (node, found) => addProperty(node['property'], found),
  Property: (node, found) => addProperty(node['key'], found),
};

function addModule(source: unknown, names: readonly string[], found: Found): void {
  const specifier = stringOf(source);
  if (specifier === undefined) found.computedImports += 1;
  else found.modules.push({ specifier, names });
}

function addProperty(node: unknown, found: Found): void {
  const name = nameOf(node) ?? stringOf(node);
  if (name !== undefined) found.properties.add(name);
}

function importedNames(specifiers: unknown): string[] {
  if (!Array.isArray(specifiers)) return ['*'];
  return specifiers.filter(isNode).map((specifier) => {
    const taken =
      specifier['imported'] ?? (specifier.type === 'ExportSpecifier' ? specifier['local'] : undefined);
    return nameOf(taken) ?? stringOf(taken) ?? '*';
  });
}

/** Names in `a.name`, `{ name: 1 }`, `class { name() {} }` and in import lists are no variables. */
function isPropertyName(node: Node, field: string): boolean {
  if (node.type === 'ImportSpecifier' || node.type === 'ExportSpecifier') return true;
  if (node['computed'] === true || node['shorthand'] === true) return false;
  return field === 'property' || field === 'key';
}

/** `import.meta.url` */
function isOwnUrl(node: unknown): boolean {
  if (!isNode(node) || node.type !== 'MemberExpression' || !isNode(node['object'])) return false;
  return node['object'].type === 'MetaProperty' && nameOf(node['property']) === 'url';
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function nameOf(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Identifier' ? String(node['name']) : undefined;
}

/** The text of a string literal, or of a template without substitutions. */
function stringOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'TemplateLiteral') return stringOf(onlyQuasi(node['quasis']));
  const value = node.type === 'TemplateElement' ? cookedOf(node['value']) : node['value'];
  return typeof value === 'string' ? value : undefined;
}

function onlyQuasi(quasis: unknown): unknown {
  return Array.isArray(quasis) && quasis.length === 1 ? quasis[0] : undefined;
}

function cookedOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'cooked' in value ? value.cooked : undefined;
}
