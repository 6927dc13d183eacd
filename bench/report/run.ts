import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';

import { openReport, seriousFindings, startChromium } from '../../test/support/chromium.ts';
import { showcaseBundle } from '../../test/support/showcase-bundle.ts';
import { median } from '../timed-run.ts';

const entry = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const folder = await mkdtemp(join(tmpdir(), 'palette-edge-bench-'));
const browser = await startChromium();
try {
  console.log('| page | kB | packages | opens in, seconds | axe, serious or worse |');
  console.log('| --- | --- | --- | --- | --- |');
  const before = await bundleFile('before', { scale: 5, modules: 250 });
  const after = await bundleFile('after', { scale: 5, modules: 250, version: 2 });
  await measure('30 images', ['report', before]);
  await measure('update of 30 images', ['report', '--diff', before, after]);
} finally {
  await browser.close();
  await rm(folder, { recursive: true });
}

async function bundleFile(name: string, options: Parameters<typeof showcaseBundle>[0]): Promise<string> {
  const path = join(folder, `${name}.tar.zst`);
  await writeFile(path, (await showcaseBundle(options)).bytes);
  return path;
}

async function measure(title: string, command: readonly string[]): Promise<void> {
  const path = join(folder, `${title.replaceAll(' ', '-')}.html`);
  const { stdout } = await promisify(execFile)(process.execPath, [entry, ...command, '-o', path, '--json']);
  const { packages }: { readonly packages?: number } = JSON.parse(stdout);
  const runs = [];
  for (let run = 0; run < Number(values.runs); run += 1) runs.push(await opening(path));
  const findings = await findingsOf(path);
  const { size } = await stat(path);
  console.log(
    `| ${title} | ${Math.round(size / 1000)} | ${packages ?? 'not read'} | ${(median(runs) / 1000).toFixed(2)} | ${findings} |`,
  );
}

/** Milliseconds from the moment that the browser is told to open a page: in a window of its own, so that nothing is kept from before. */
async function opening(path: string): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(pathToFileURL(path).href);
  // Two frames later what the script made has been painted.
  const drawn = await page.evaluate<number>(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))',
  );
  await context.close();
  return drawn;
}

async function findingsOf(path: string): Promise<number> {
  let count = 0;
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ colorScheme });
    await openReport(page, path);
    count += (await seriousFindings(page)).length;
    await page.close();
  }
  return count;
}
