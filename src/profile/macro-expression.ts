/** What is between `{{` and `}}`. */
export type MacroExpression =
  | {
      readonly kind: 'macro';
      /** What follows `.spectro.`: `var.Name`, `pack.<pack>.<path>`. */
      readonly path: string;
      /** From `| default "…"`. */
      readonly fallback: string | undefined;
      /** From `| quote` or `| squote`. */
      readonly quote: '"' | "'" | undefined;
    }
  /** A Palette macro inside an expression that is more than a path and simple filters. */
  | { readonly kind: 'unsupported' }
  /** No Palette macro: Helm's or another tool's template. */
  | { readonly kind: 'foreign' };

/**
 * Reads a `{{ … }}` expression, braces included: `.spectro.<path>`, optionally with `| quote`, `| squote` and
 * `| default "…"`.
 */
export function parseMacroExpression(text: string): MacroExpression {
  if (!text.includes('.spectro.')) return { kind: 'foreign' };
  const inner = text.slice(2, -2).replace(/^-/, '').replace(/-$/, '').trim();
  const [head = '', ...filters] = inner.split('|').map((part) => part.trim());
  const path = head.startsWith('.spectro.') ? head.slice('.spectro.'.length) : '';
  if (path === '' || /[\s(){}"'`$]/.test(path)) return { kind: 'unsupported' };
  return readFilters(path, filters);
}

function readFilters(path: string, filters: readonly string[]): MacroExpression {
  let fallback: string | undefined;
  let quote: '"' | "'" | undefined;
  for (const filter of filters) {
    const value = /^default\s+(?:"([^"\\]*)"|'([^'\\]*)'|([\w.-]+))$/.exec(filter);
    if (value !== null) fallback = value[1] ?? value[2] ?? value[3];
    else if (filter === 'quote') quote = '"';
    else if (filter === 'squote') quote = "'";
    else return { kind: 'unsupported' };
  }
  return { kind: 'macro', path, fallback, quote };
}
