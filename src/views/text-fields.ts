/** Names and values as two aligned columns, indented by two spaces. */
export function textFields(fields: readonly (readonly [name: string, value: string])[]): string {
  const width = fields.reduce((widest, [name]) => Math.max(widest, name.length), 0);
  return fields.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`.trimEnd()).join('\n');
}
