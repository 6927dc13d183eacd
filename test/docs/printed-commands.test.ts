import { beforeAll, expect, test } from 'vitest';

import { sourceCommands } from '../cli/source-commands.ts';
import { allMarkdown, consoleCommands } from './markdown.ts';
import type { Markdown } from './markdown.ts';

/** Flags by the words of their command; a topic has those of its commands. */
let commands: ReadonlyMap<string, ReadonlySet<string>>;
let flagsOfAny: ReadonlySet<string>;
const documents = allMarkdown();

beforeAll(async () => {
  const flags = new Map<string, Set<string>>();
  const add = (words: string, names: readonly string[]): void => {
    const known = flags.get(words) ?? new Set();
    flags.set(words, known);
    for (const name of names) known.add(name);
  };
  for (const command of (await sourceCommands()).commands) {
    const names = Object.values(command.flags).flatMap((flag) => [
      `--${flag.name}`,
      ...(flag.char === undefined ? [] : [`-${flag.char}`]),
      ...(flag.aliases ?? []).map((alias) => `--${alias}`),
      // Every one can be taken back, whatever set it.
      ...(flag.type === 'boolean' ? [`--no-${flag.name}`] : []),
    ]);
    for (const id of [command.id, ...command.aliases]) {
      const words = id.split(':');
      for (const [index] of words.entries()) add(words.slice(0, index + 1).join(' '), ['--help', ...names]);
    }
  }
  add('', ['--help', '--version']);
  add('help', []);
  commands = flags;
  flagsOfAny = new Set([...flags.values()].flatMap((names) => [...names]));
});

/** Faults of what is behind `palette-edge`, up to a pipe, a redirection or the next command. */
function faultsOf(printed: string): readonly string[] {
  const [own = ''] = printed.split(/\s(?:\||&&|;|<|>|2>)(?:\s|$)/);
  const words = own
    .replaceAll(/'[^']*'|"[^"]*"/g, 'TEXT')
    .split(/\s+/)
    .filter((word) => word !== '');
  const first = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
  const names = first === -1 ? words : words.slice(0, first);
  const command =
    names
      .map((_, index) => names.slice(0, names.length - index).join(' '))
      .find((text) => commands.has(text)) ?? '';
  if (command === '' && names.length > 0) return [`there is no command ${names.join(' ')}`];
  const flags = words.flatMap((word) => /^(?:--[a-z][a-z-]*|-[a-z])(?=$|=)/.exec(word) ?? []);
  return flags
    .filter((flag) => commands.get(command)?.has(flag) !== true)
    .map((flag) => `${command} has no ${flag}`);
}

/** What follows each `palette-edge` that is a program that is run, also behind `sudo`, `ssh HOST` and pipes. */
function runsIn(line: string): readonly string[] {
  return line
    .split(/(?<=^|[\s(])palette-edge(?=\s|$)/)
    .slice(1)
    .map((rest) => rest.replace(/\).*$/, ''));
}

/** Commands that a document shows, in blocks and in the text. */
function printedIn({ fences, inlineCode }: Markdown): readonly string[] {
  const blocks = fences.filter(({ info }) => /^(?:console|sh|bash)\b/.test(info)).flatMap(consoleCommands);
  const inText = inlineCode.filter((code) => /^(?:sudo )?palette-edge(?:\s|$)/.test(code));
  return [...blocks, ...inText].flatMap(runsIn);
}

test('every command and flag that a document prints exists', () => {
  const printed = documents.flatMap((document) =>
    printedIn(document).map((text) => ({ path: document.path, text })),
  );
  const faults = printed.flatMap(({ path, text }) =>
    faultsOf(text).map((fault) => `${path}: palette-edge${text}: ${fault}`),
  );
  expect(faults).toEqual([]);
  expect(printed.length).toBeGreaterThan(150);
});

test('a command that the text of a document names without palette-edge has the flags that stand with it', () => {
  const named = documents.flatMap(({ path, inlineCode }) =>
    inlineCode
      .filter((code) => commands.has(/^[a-z-]+/.exec(code)?.[0] ?? '') && / --?[a-z]/.test(code))
      .map((text) => ({ path, text })),
  );
  const faults = named.flatMap(({ path, text }) =>
    faultsOf(text).map((fault) => `${path}: ${text}: ${fault}`),
  );
  expect(faults).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

/** Flags of other programs that documents name alone, because the sentence names the program. */
const flagsOfOthers: Readonly<Record<string, readonly string[]>> = {
  zstd: ['--long', '--patch-from'],
  gzip: ['--rsyncable'],
  ctr: ['--all-platforms', '--hosts-dir'],
  podman: ['--authfile'],
  cosign: ['--tlog-upload'],
  k3s: ['--disable-default-registry-endpoint'],
};

test('a flag that the text of a document names alone is one of a command', () => {
  const others = new Set(Object.values(flagsOfOthers).flat());
  // Benchmarks, decisions and tests tell of flags of scripts, of Node and of peers.
  const ours = documents.filter(({ path }) => !/^(?:bench|docs\/decisions|docs\/testing\.md)/.test(path));
  const named = ours.flatMap(({ path, inlineCode }) =>
    inlineCode.flatMap((code) => {
      const flag = /^--[a-z][a-z-]*[a-z](?=$|[\s=])/.exec(code)?.[0];
      return flag === undefined || others.has(flag) ? [] : [{ path, flag }];
    }),
  );
  const unknown = named.filter(({ flag }) => !flagsOfAny.has(flag));
  expect(unknown.map(({ path, flag }) => `${path}: ${flag}`)).toEqual([]);
  expect(named.length).toBeGreaterThan(200);
});

test.each([
  [' no-such-command', 'there is no command no-such-command'],
  [' build --no-such-flag', 'build has no --no-such-flag'],
  [' verify edge.tar.zst --profile x | less --squeeze', 'verify has no --profile'],
  [' store list --max-size 5GB', 'store list has no --max-size'],
])('a fault is found: palette-edge%s', (text, fault) => {
  expect(faultsOf(text)).toEqual([fault]);
});
