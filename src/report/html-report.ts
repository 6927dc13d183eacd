import { createHash } from 'node:crypto';

import { pageScript, pageStyle } from './html-page-code.ts';
import type { PageData } from './html-page-data.ts';

/** The policy by which the page may run its one script and use its one style, and load nothing from anywhere (W3C, "Content Security Policy Level 3"). */
const policy = [
  "default-src 'none'",
  `script-src '${sourceHash(pageScript)}'`,
  `style-src '${sourceHash(pageStyle)}'`,
  "base-uri 'none'",
  "form-action 'none'",
  // Text never becomes markup, whatever the script does (W3C, "Trusted Types").
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/**
 * A page that shows a bundle: one file that needs no other, in UTF-8. The same data gives the same bytes.
 *
 * Names in it are from outside. They are in the page as JSON that holds no `<`, in an element that browsers neither run nor parse (HTML, "The script
 * element", data blocks). Characters that turn the direction of writing, or are none, are replaced.
 */
export function htmlReport(data: PageData): Buffer[] {
  const { name } = data.bundle;
  const title = data.update === undefined ? name : `${data.update.before.name} → ${name}`;
  const head = [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="referrer" content="no-referrer">',
    '<meta name="robots" content="noindex">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(visible(title))} · palette-edge report</title>`,
    `<style>${pageStyle}</style>`,
    '</head>',
    '<body>',
    '<noscript>This report needs JavaScript. It is in this file; nothing is loaded.</noscript>',
    '<script type="application/json" id="data">',
  ];
  const foot = ['</script>', `<script>${pageScript}</script>`, '</body>', '</html>', ''];
  return [head.join('\n'), dataText(data), foot.join('\n')].map((text) => Buffer.from(text));
}

function dataText(data: PageData): string {
  const json = JSON.stringify(data, (_, value: unknown) =>
    typeof value === 'string' ? visible(value) : value,
  );
  return json.replaceAll(
    /[<>&]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What a person sees is what is there: nothing turns the direction of writing, and what cannot be seen is shown as that. */
function visible(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\uFFFD');
}

function escaped(text: string): string {
  return text.replaceAll(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function sourceHash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
