import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { emittedMistakes } from '../support/emitted-checks.ts';
import { readMarkdown } from './markdown.ts';

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly run?: string }[] }>>;
}

type Pipeline = Readonly<
  Record<string, { readonly before_script: readonly string[]; readonly script: readonly string[] }>
>;

test('the workflow of the guide has no mistakes, and has the program and the key before it builds', () => {
  const text = fileOf('# .github/workflows/');
  expect(emittedMistakes('github', text)).toEqual([]);
  const workflow: Workflow = parse(text);
  expectInOrder(Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? [])));
}, 300_000);

test('so has the pipeline for GitLab, whose lines are text', () => {
  const pipeline: Pipeline = parse(fileOf('# .gitlab-ci.yml'));
  for (const { before_script: before, script } of Object.values(pipeline)) {
    expect([...before, ...script].filter((line) => typeof line !== 'string')).toEqual([]);
    expectInOrder([...before, ...script]);
  }
  expect(Object.keys(pipeline)).toEqual(['bundle']);
});

function fileOf(beginning: string): string {
  const texts = readMarkdown('docs/guides/ci.md').fences.map(({ lines }) => lines.join('\n'));
  return texts.find((text) => text.startsWith(beginning)) ?? '';
}

function expectInOrder(runs: readonly string[]): void {
  const first = (words: string): number => runs.findIndex((run) => run.includes(words));
  const key = first('> release.key');
  expect(first('npm install')).toBe(0);
  expect(first('palette-edge ')).toBeGreaterThan(0);
  expect(key).toBeGreaterThan(0);
  expect(first('palette-edge build')).toBeGreaterThan(key);
}
