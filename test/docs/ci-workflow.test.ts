import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { emittedMistakes } from '../support/emitted-checks.ts';
import { readMarkdown } from './markdown.ts';

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly run?: string }[] }>>;
}

test('the workflow of the guide has no mistakes, and has the program and the key before it builds', () => {
  const text = readMarkdown('docs/guides/ci.md')
    .fences.map(({ lines }) => lines.join('\n'))
    .find((lines) => lines.startsWith('# .github/workflows/'));
  expect(emittedMistakes('github', text ?? '')).toEqual([]);
  const workflow: Workflow = parse(text ?? '');
  const runs = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  const first = (words: string): number => runs.findIndex((run) => run.includes(words));
  const key = first('> release.key');
  expect(first('npm install')).toBe(0);
  expect(first('palette-edge ')).toBeGreaterThan(0);
  expect(key).toBeGreaterThan(0);
  expect(first('palette-edge build')).toBeGreaterThan(key);
}, 300_000);
