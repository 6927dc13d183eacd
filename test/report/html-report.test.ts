import { createHash } from 'node:crypto';

import { expect, test } from 'vitest';

import { htmlReport } from '../../src/report/html-report.ts';
import { hostileNames, samplePageData } from '../support/page-data.ts';

function textOf(names: readonly string[]): string {
  return Buffer.concat(htmlReport(samplePageData(names))).toString('utf8');
}

test('the policy names the script and the style that are in the page, and nothing else', () => {
  const page = textOf(['edge']);
  const hashOf = (text = ''): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const style = /<style>(?<text>[^<]*)<\/style>/.exec(page)?.groups?.['text'];
  const script = page.slice(page.lastIndexOf('<script>') + '<script>'.length, page.lastIndexOf('</script>'));
  const policy = /http-equiv="Content-Security-Policy" content="(?<text>[^"]*)"/.exec(page)?.groups?.['text'];
  expect(policy?.split('; ')).toEqual([
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]);
});

test('names from outside are data without markup, and turn no text around', () => {
  const page = textOf(hostileNames);
  const [, data = ''] = /<script type="application\/json" id="data">\n?([^]*?)<\/script>/.exec(page) ?? [];
  expect(data).not.toMatch(/[<>&]/);
  expect(page).not.toMatch(/[\p{Bidi_Control}\u2028\u2029]/u);
  expect(page.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  expect(JSON.parse(data)).toMatchObject({
    bundle: { name: hostileNames[0] },
    images: [
      { name: hostileNames[0] },
      { name: hostileNames[1] },
      {},
      { name: 'gnp.exe\uFFFDgpj.sh\uFFFD\uFFFD' },
      {},
    ],
  });
  expect(page).toContain('<title>&#60;/script&#62;&#60;script&#62;');
  expect(page.match(/<\/script>/g)).toHaveLength(2);
});

test('the page without its data is small, and names no other place', () => {
  const page = textOf([]);
  expect(page.length).toBeLessThan(60_000);
  expect(page.replaceAll('http-equiv', '')).not.toMatch(/https?:|\bsrc=|href="|@import|url\(/);
});
