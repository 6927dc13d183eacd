import { globSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

import { auroraBootIso } from '../support/bootable-iso.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { unusedHost } from '../support/loopback-server.ts';
import { plainTree } from '../support/plain-installer.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readMarkdown } from './markdown.ts';
import type { Fence } from './markdown.ts';
import { ShellSession } from './shell-session.ts';

/** A command of a document, and what the document says that it prints. */
interface Step {
  readonly command: string;
  readonly printed: readonly string[];
}

/** What is another on each machine and day. The ids are, because they depend on the port of the registry. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\bnpx node bin\/dev\.js\b/g, 'palette-edge'],
  [/127\.0\.0\.1([:-])\d+/g, '127.0.0.1$1PORT'],
  [/\bin (?:under 1|\d+(?:\.\d+)?) m?s\b/g, 'in TIME'],
  [/\b(it has|expected) \d+ bytes\b/g, '$1 BYTES bytes'],
  [/\(\d+ bytes\b(?: at \d+)?/g, '(BYTES bytes'],
  [/\b[0-9a-f]{64}\b/g, 'SHA256'],
  [/\bage1[0-9a-z]{20,}/g, 'RECIPIENT'],
  [/\b[A-Za-z0-9+/]{60,}={0,2}/g, 'BASE64'],
  [/\b(?=\d*[a-f])[0-9a-f]{12}\b/g, 'DIGEST'],
  [/\b[0-9a-f]{8}\b/g, 'ID'],
  [/\bafter \d+ requests\b/g, 'after REQUESTS'],
  [/(free space +)[\d.]+ [kMGT]?B/g, '$1SPACE'],
  // Columns are as wide as the widest port.
  [/ {2,}/g, '  '],
];

/** How often progress is told, and how far it is then, is up to the speed of the machine. */
const progressPattern = /^[A-Z][a-z]+(?: [A-Za-z]+)*: .* \d+ %/;

function masked(lines: readonly string[]): readonly string[] {
  return lines
    .filter((line) => !progressPattern.test(line))
    .map((line) => masks.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), line).trimEnd());
}

function stepsOf({ lines }: Fence): readonly Step[] {
  const starts = lines.flatMap((line, index) => (line.startsWith('$ ') ? [index] : []));
  return starts.map((start, index) => {
    const until = starts[index + 1] ?? lines.length;
    const end = lines.findIndex((line, at) => at >= start && !line.endsWith('\\'));
    const typed = lines.slice(start, end + 1).join('\n');
    return { command: typed.slice(2), printed: lines.slice(end + 1, until) };
  });
}

const filePattern = /^yaml file (\S+)$/;

/** What documents say that commands print, and what they print; up to the first command where these are not the same. */
interface Transcript {
  readonly said: (Step & { readonly path: string })[];
  readonly heard: (Step & { readonly path: string })[];
}

/** Does what documents say: writes the files that they show, and runs their commands, with something else in the place of some words. */
async function follow(
  paths: readonly string[],
  shell: ShellSession,
  instead: Readonly<Record<string, string>>,
): Promise<Transcript> {
  const there = (text: string): string =>
    Object.entries(instead).reduce((changed, [words, others]) => changed.replaceAll(words, others), text);
  const [said, heard]: [Transcript['said'], Transcript['heard']] = [[], []];
  for (const { path, fence } of paths.flatMap(fencesOf)) {
    const file = filePattern.exec(fence.info)?.[1];
    if (file !== undefined) await writeFile(join(shell.folder, file), there(`${fence.lines.join('\n')}\n`));
    for (const { command, printed } of fence.info === 'console' ? stepsOf(fence) : []) {
      // What goes on in the background prints when it likes to.
      const leastLines = command.endsWith('&') ? printed.length : 0;
      const lines = masked(await shell.run(there(command), leastLines));
      said.push({ path, command, printed: masked(printed) });
      heard.push({ path, command, printed: lines });
      if (!isDeepStrictEqual(said.at(-1), heard.at(-1))) return { said, heard };
    }
  }
  return { said, heard };
}

function fencesOf(path: string): readonly { readonly path: string; readonly fence: Fence }[] {
  return readMarkdown(path).fences.map((fence) => ({ path, fence }));
}

test('the README shows the demo as the quick start does', () => {
  const [inReadme, inQuickStart] = ['README.md', 'docs/quick-start.md'].map((path) =>
    readMarkdown(path)
      .fences.flatMap(stepsOf)
      .find(({ command, printed }) => command.endsWith(' demo') && printed.length > 0),
  );
  expect(masked(inReadme?.printed ?? [])).toEqual(masked(inQuickStart?.printed ?? []));
  expect(inReadme?.printed.length).toBeGreaterThan(10);
});

const guides = ['README', 'second-usb', 'canvos-installer', 'airgapped-registry', 'thin-link', 'ci'].map(
  (name) => `docs/guides/${name}.md`,
);

/** The demo takes longest: it is run once, for the quick start, removed at the end, and kept for the guides. */
const onlyOnce = {
  'palette-edge demo --remove': 'echo Removed palette-edge-demo',
  'palette-edge demo > demo.log 2>&1': 'test -d palette-edge-demo',
};

test('the quick start and the guides print what they say, one after the other', async () => {
  const folder = await temporaryFolder();
  const installer = await auroraBootIso(await plainTree(await temporaryFolder()));
  await rename(installer.path, join(folder, 'palette-edge-installer.iso'));
  const site = await startDockerRegistry();
  onTestFinished(async () => await site.stop());
  const shell = await ShellSession.start(folder);
  const instead = { ...onlyOnce, '127.0.0.1:5081': await unusedHost(), '127.0.0.1:5000': site.host };
  const { said, heard } = await follow(['docs/quick-start.md', ...guides], shell, instead);
  expect(heard).toEqual(said);
  expect(said.length).toBeGreaterThan(45);
  expect(await shell.run('palette-edge demo --remove')).toEqual(['Removed palette-edge-demo']);
}, 600_000);

test('every guide is run', () => {
  const there = globSync('docs/guides/*.md', { cwd: join(import.meta.dirname, '../..') });
  expect(there.toSorted()).toEqual(guides.toSorted());
});

test.each(['docs/quick-start.md', ...guides])(
  'blocks of %s that are not run say why, and are few',
  (path) => {
    const others = readMarkdown(path).fences.filter(
      ({ info }) => info !== 'console' && info !== 'yaml' && !filePattern.test(info),
    );
    for (const { info } of others) expect(info).toMatch(/^console no-run \w+/);
    expect(others.length).toBeLessThan(4);
  },
);
