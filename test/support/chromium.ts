import { pathToFileURL } from 'node:url';

import axe from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

import { requireTool } from './required-tools.ts';

/** Starts the browser of the distribution, without a window. */
export async function startChromium(): Promise<Browser> {
  // Root, as in containers, cannot have its sandbox; and there may be no /dev/shm of its own.
  const args = ['--no-sandbox', '--disable-dev-shm-usage'];
  return await chromium.launch({ executablePath: requireTool('chromium'), args });
}

/** Everything that a page should not do: messages of the console, errors, and requests for anything but files. */
export function mishapsOf(page: Page): string[] {
  const mishaps: string[] = [];
  page.on('console', (message) => mishaps.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => mishaps.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (!request.isNavigationRequest() || !request.url().startsWith('file:'))
      mishaps.push(`request: ${request.url()}`);
  });
  return mishaps;
}

/** Opens a report as a double click does, and waits until it is drawn. */
export async function openReport(page: Page, path: string): Promise<void> {
  await page.goto(pathToFileURL(path).href);
  await page.locator('.map [role=treeitem]').first().waitFor();
}

/**
 * What axe finds in a page as it is now, of the impacts that keep people out: rule, and where.
 *
 * @param rules all, unless given
 */
export async function seriousFindings(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<
    readonly {
      readonly id: string;
      readonly impact: string;
      readonly nodes: readonly { readonly target: unknown }[];
    }[]
  >(
    `axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], runOnly: rules })}).then(({ violations }) => violations)`,
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => JSON.stringify(target)).join(' ')}`);
}
