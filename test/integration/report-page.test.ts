import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { htmlReport } from '../../src/report/html-report.ts';
import { reportHtml } from '../../src/workflows/report-html.ts';
import { mishapsOf, openReport, seriousFindings, startChromium } from '../support/chromium.ts';
import { hostileNames, samplePageData } from '../support/page-data.ts';
import { showcaseBundle } from '../support/showcase-bundle.ts';

let browser: Browser;
let page: Page;
let mishaps: string[];
const viewport = { width: 1280, height: 900 };
let folder: string;
let pages: Readonly<Record<'bundle' | 'update' | 'hostile' | 'empty', string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palette-edge-test-'));
  const [first, second] = await Promise.all([
    showcaseBundle({ scale: 2 }),
    showcaseBundle({ scale: 2, version: 2 }),
  ]);
  const [before, after] = [join(folder, 'before.tar.zst'), join(folder, 'after.tar.zst')];
  await Promise.all([writeFile(before, first.bytes), writeFile(after, second.bytes)]);
  pages = {
    bundle: await written('bundle', before),
    update: await written('update', after, before),
    hostile: join(folder, 'hostile.html'),
    empty: join(folder, 'empty.html'),
  };
  await writeFile(pages.hostile, Buffer.concat(htmlReport(samplePageData(hostileNames))));
  await writeFile(pages.empty, Buffer.concat(htmlReport(samplePageData([]))));
  browser = await startChromium();
  page = await browser.newPage({ viewport });
  mishaps = mishapsOf(page);
});

// No page asks for anything, has an error, or says a word on the console, whatever was done with it.
afterEach(() => {
  if (mishaps.length > 0) throw new Error(mishaps.splice(0).join('\n'));
});

afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

async function written(name: string, bundle: string, before?: string): Promise<string> {
  const path = join(folder, `${name}.html`);
  await reportHtml(
    bundle,
    {
      patterns: [],
      tool: { name: 'palette-edge', version: '0.1.0' },
      moment: 0,
      hasFiles: before === undefined,
      before,
      output: { path },
    },
    {
      listener: { onStart: () => undefined, onBytes: () => undefined },
      signal: new AbortController().signal,
    },
  );
  return path;
}

test('a bundle is shown', async () => {
  await openReport(page, pages.bundle);
  expect(await page.title()).toBe('store-edge · palette-edge report');
  expect(await page.locator('h1').innerText()).toBe('store-edge');
  expect(await page.locator('#images tbody tr').count()).toBe(30);
  expect(await page.locator('.map .group').count()).toBe(34);
  expect(await page.locator('#overview .tiles').innerText()).toContain(
    'Images\n30\nand 1 chart, 4 companions, 1 file',
  );
  expect(await page.locator('#warnings').innerText()).toContain('pause:3.10 (linux/arm64)');
});

test('an update says what is to be shipped, and what becomes of each image', async () => {
  await openReport(page, pages.update);
  expect(await page.locator('.tiles').innerText()).toContain('1 added, 4 updated, 1 removed');
  const redis = page.locator('#images tbody tr', { hasText: 'redis:8.0.4' });
  expect(await redis.innerText()).toContain('from redis:8.0.3');
  expect(await page.locator('#removed tbody').innerText()).toContain('quay.io/cilium/certgen:v0.2.1');
  expect(await page.locator('.cell.new').count()).toBeGreaterThan(3);
});

test.each([
  ['bundle', 'light'],
  ['bundle', 'dark'],
  ['update', 'light'],
  ['update', 'dark'],
  ['empty', 'light'],
] as const)('axe finds nothing serious: %s, %s', async (name, colorScheme) => {
  await page.emulateMedia({ colorScheme });
  await openReport(page, pages[name]);
  await page.locator('.group').first().focus();
  if (name !== 'empty') await page.locator('#images .toggle').first().click();
  // What is there is the same in both.
  const rules = colorScheme === 'dark' ? ['color-contrast'] : undefined;
  expect(await seriousFindings(page, rules)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light' });
});

test('what is searched is found in all tables, by keys alone', async () => {
  await openReport(page, pages.bundle);
  const rows = page.locator('#images tbody tr');
  await page.keyboard.press('Tab');
  expect(await page.locator(':focus').innerText()).toBe('To the content');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Point OF sale');
  expect(await rows.count()).toBe(1);
  expect(await page.locator('[role=status]').innerText()).toMatch(/^1 image, \d+ large files, \d+ packages$/);
  expect(await page.locator('#images .count').innerText()).toBe('1 of 30');
  expect(await page.locator('.group.dim').count()).toBe(32);
  await page.keyboard.press('Escape');
  expect(await rows.count()).toBe(30);
  await page.keyboard.type('nothing is called so');
  expect(await page.locator('[role=status]').innerText()).toBe('Nothing found');
  await page.locator('#images h2').focus();
  await page.keyboard.press('/');
  expect(await page.locator(':focus').getAttribute('id')).toBe('search');
});

test('keys move on the map, open an image on it, and show it in the list', async () => {
  await openReport(page, pages.bundle);
  const focused = async (): Promise<string> =>
    (await page.locator(':focus').getAttribute('aria-label')) ?? '';
  await page.locator('.map [tabindex="0"]').focus();
  expect(await focused()).toMatch(/^vision-inference:2\.7\.1 .* of all: 3 layers that no other image has/);
  expect(await page.locator('.told').innerText()).toContain(await focused());
  await page.keyboard.press('ArrowRight');
  expect(await focused()).toMatch(/^layer 2 .* of all\. Digest [0-9a-f]{12}$/);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Home');
  expect(await focused()).toContain('vision-inference');
  await page.keyboard.press('Enter');
  expect(await page.locator('.map .group').count()).toBe(1);
  await page.keyboard.press('Escape');
  expect(await page.locator('.map .group').count()).toBe(34);
  expect(await focused()).toContain('vision-inference');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect(await page.locator(':focus').innerText()).toContain('vision-inference:2.7.1');
  expect(await page.locator('#images tr.details').innerText()).toContain(
    'pack store-app, pack.content.images[1]',
  );
});

test('a shared layer is on the map once, and names the images that have it', async () => {
  await openReport(page, pages.bundle);
  const shared = page.getByRole('treeitem', { name: /^7 images .* shared by / });
  expect(await shared.count()).toBe(1);
  await shared.focus();
  expect(await page.locator('.group.linked').count()).toBe(7);
});

test('a table is sorted by its heads', async () => {
  await openReport(page, pages.bundle);
  const first = page.locator('#images tbody tr').first();
  const head = page.locator('#images thead th', { hasText: 'Size' });
  expect(await head.getAttribute('aria-sort')).toBeNull();
  await head.locator('button').focus();
  await page.keyboard.press('Enter');
  expect(await head.getAttribute('aria-sort')).toBe('descending');
  expect(await first.innerText()).toContain('vision-inference');
  await page.keyboard.press('Enter');
  expect(await head.getAttribute('aria-sort')).toBe('ascending');
  expect(await first.innerText()).toContain('pause');
  await page.locator('#packages .more button').click();
  expect(await page.locator('#packages tbody tr').count()).toBe(261);
});

test('the theme is that of the system until somebody chooses another', async () => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await openReport(page, pages.bundle);
  const background = async (): Promise<unknown> =>
    await page.evaluate('getComputedStyle(document.body).backgroundColor');
  const dark = await background();
  const choice = page.getByRole('button', { name: 'Dark' });
  expect(await choice.getAttribute('aria-pressed')).toBe('true');
  await choice.click();
  expect(await choice.getAttribute('aria-pressed')).toBe('false');
  expect(await background()).not.toBe(dark);
  await page.reload();
  expect(await choice.getAttribute('aria-pressed')).toBe('false');
  await page.evaluate('localStorage.clear()');
  await page.emulateMedia({ colorScheme: 'light' });
});

test('on paper there are tables with all rows, and nothing to click', async () => {
  await openReport(page, pages.bundle);
  const files = page.locator('#largest tbody tr');
  expect(await files.count()).toBe(20);
  await page.emulateMedia({ media: 'print' });
  await page.evaluate("dispatchEvent(new Event('beforeprint'))");
  expect(await files.count()).toBeGreaterThan(20);
  for (const control of ['.search', '.tools', 'nav', '.below-map', '.more'])
    await page.locator(control).first().waitFor({ state: 'hidden' });
  expect(await page.locator('#images').isVisible()).toBe(true);
  await page.emulateMedia({ media: 'screen' });
});

test('a small screen shows all of it without being wider', async () => {
  await page.setViewportSize({ width: 340, height: 700 });
  await openReport(page, pages.update);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(340);
  expect(await page.locator('.map .group').count()).toBeGreaterThan(30);
  await page.setViewportSize(viewport);
});

test('names of a bundle are text, whatever is in them', async () => {
  await openReport(page, pages.hostile);
  await page.locator('#images .toggle').first().click();
  for (const name of hostileNames.slice(0, 3)) expect(await page.locator('main').innerText()).toContain(name);
  expect(await page.locator('main').innerText()).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
  expect(await page.locator('img, b, iframe, script, main a').count()).toBe(0);
  expect(await page.evaluate('globalThis.stolen')).toBeUndefined();
});

test('the policy of the page lets nothing in, and makes no markup of text', async () => {
  await openReport(page, pages.hostile);
  const tried = await page.evaluate(`(async () => {
    const script = document.createElement('script');
    let isRefused = false;
    try { script.text = 'globalThis.stolen = 1'; } catch { isRefused = true; }
    document.body.append(script);
    let isMarkup = true;
    try { document.body.innerHTML = '<b>x</b>'; } catch { isMarkup = false; }
    const answer = await fetch('data:text/plain,x').catch(() => 'blocked');
    return { isRefused, stolen: typeof globalThis.stolen, isMarkup, answer };
  })()`);
  // The browser tells what it refused.
  expect(mishaps.splice(0).join('\n')).toMatch(/Content Security Policy/);
  expect(tried).toEqual({ isRefused: true, stolen: 'undefined', isMarkup: false, answer: 'blocked' });
});
