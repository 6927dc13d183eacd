// Pictures of the HTML report for the docs: docs/images/report-{light,dark,diff}.png.
//
//   npm run docs:screenshots
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { reportHtml } from '../src/workflows/report-html.ts';
import { openReport, startChromium } from '../test/support/chromium.ts';
import { showcaseBundle } from '../test/support/showcase-bundle.ts';

const images = fileURLToPath(new URL('../docs/images', import.meta.url));
/** Bytes; whoever clones the repository gets them. */
const largest = 200_000;

const folder = mkdtempSync(join(tmpdir(), 'palette-edge-screenshots-'));
const browser = await startChromium();
try {
  mkdirSync(images, { recursive: true });
  const [before, after] = [await bundle(1), await bundle(2)];
  const page = await report('bundle', after);
  await picture('light', page, 'light');
  await picture('dark', page, 'dark');
  await picture('diff', await report('diff', after, before), 'light');
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}

async function bundle(version) {
  const path = join(folder, `store-edge-${version}.tar.zst`);
  writeFileSync(path, (await showcaseBundle({ scale: 50, version, hasOddLayer: false })).bytes);
  return path;
}

async function report(name, path, before) {
  const output = { path: join(folder, `${name}.html`) };
  const request = {
    patterns: [],
    tool: { name: 'palette-edge', version: '0.1.0' },
    moment: 1_764_000_000,
    output,
  };
  const listener = { onStart: () => undefined, onBytes: () => undefined };
  await reportHtml(
    path,
    { ...request, before, hasFiles: before === undefined },
    { listener, signal: new AbortController().signal },
  );
  return output.path;
}

async function picture(name, path, colorScheme) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 960 }, colorScheme });
  await openReport(page, path);
  const file = join(images, `report-${name}.png`);
  await page.screenshot({ path: file });
  await page.close();
  const { size } = statSync(file);
  if (size > largest) throw new Error(`${file} has ${size} bytes, more than ${largest}`);
  console.log(`${file}: ${size} bytes`);
}
