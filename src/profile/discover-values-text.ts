import type { YamlNode } from './yaml-tree.ts';

/**
 * Values as text for Helm, in the flow style of YAML: the macros of every text resolved as Palette does before Helm sees
 * them. A macro without a value, or with a sensitive one, becomes the word `unknown`.
 *
 * @param resolve gives a text with its macros resolved, or undefined when it cannot
 */
export function valuesText(node: YamlNode, resolve: (text: string) => string | undefined): string {
  if (node.kind === 'list') return `[${node.items.map((item) => valuesText(item, resolve)).join(', ')}]`;
  if (node.kind === 'map') {
    const entries = [...node.entries].map(
      ([key, { value }]) => `${quoted(resolve(key) ?? key)}: ${valuesText(value, resolve)}`,
    );
    return `{${entries.join(', ')}}`;
  }
  if (node.type === 'null') return 'null';
  if (node.type === 'other') return node.text;
  const text = resolve(node.text) ?? 'unknown';
  // A macro alone may stand for a number or a truth value; versions such as 1.10 have to stay texts.
  const isPlain = node.text.startsWith('{{') && /^(?:true|false|\d{1,15})$/.test(text);
  return isPlain ? text : quoted(text);
}

/** JSON's quotes are YAML's double quotes; what YAML has no plain character for is escaped. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
