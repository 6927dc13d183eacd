// The code of the HTML report, from src/report/page, as one module with two strings (docs/decisions/0023-html-report-page.md).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { rolldown } from 'rolldown';

/** Where the module is. */
export const pageCodePath = 'src/report/html-page-code.ts';

/**
 * The text of the module.
 *
 * @param root the folder of the package
 */
export async function pageCodeText(root) {
  const folder = join(root, 'src', 'report', 'page');
  const script = await pageScript(join(folder, 'page.ts'), root);
  const style = plainStyle(pageStyle(join(folder, 'style')));
  // Either would end the element that they are in.
  if (/<\/(?:script|style)|<!--/i.test(script + style)) throw new Error('the page cannot hold its own code');
  return [
    '// Written by npm run docs from src/report/page. Do not edit.',
    '',
    '/** The script of the page: classic, not a module. */',
    `export const pageScript = ${JSON.stringify(script)};`,
    '',
    '/** The style of the page. */',
    `export const pageStyle = ${JSON.stringify(style)};`,
    '',
  ].join('\n');
}

async function pageScript(input, cwd) {
  const build = await rolldown({ input, cwd, platform: 'browser', onLog: failOnLog });
  try {
    const { output } = await build.generate({ format: 'iife', minify: true, codeSplitting: false });
    const [chunk] = output;
    if (chunk.imports.length > 0) throw new Error(`the page needs ${chunk.imports.join(', ')}`);
    return chunk.code.trim();
  } finally {
    await build.close();
  }
}

/** All of the style, in its order: what comes later counts more. The colours of the dark theme are needed under two conditions. */
function pageStyle(folder) {
  const read = (name) => readFileSync(join(folder, `${name}.css`), 'utf8');
  const dark = /:root \{([^}]*)\}/.exec(read('dark'))?.[1];
  if (dark === undefined) throw new Error('dark.css has no block of :root');
  return [
    read('light'),
    `:root[data-theme='dark'] {${dark}}`,
    `@media (prefers-color-scheme: dark) {\n:root:not([data-theme='light']) {${dark}}\n}`,
    ...['layout', 'sections', 'tables', 'map', 'media'].map(read),
  ].join('\n');
}

/** Without line ends, as far as that needs no knowledge of the language. */
function plainStyle(text) {
  return text
    .replaceAll(/\/\*[^]*?\*\//g, '')
    .replaceAll(/\s*\n\s*/g, '\n')
    .replaceAll(/(?<=[{};,])\n/g, '')
    .replaceAll('\n}', '}')
    .replaceAll('\n', ' ')
    .trim();
}

function failOnLog(level, log) {
  if (level === 'warn') throw new Error(`bundling the page: ${log.message}`);
}
