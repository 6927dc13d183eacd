import { access, chmod, watch, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { helmTemplate } from '../../src/chart/helm-template.ts';
import type { HelmRun, HelmTemplateInput } from '../../src/chart/helm-template.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const input: HelmTemplateInput = {
  title: 'profile p, pack web, chart web',
  archive: Buffer.from('archive'),
  values: 'image: {tag: "1"}',
  name: 'web',
};

/** A program in the place of Helm that behaves as the script says. */
async function programOf(script: string): Promise<string> {
  const path = join(await temporaryFolder(), 'helm');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

async function render(
  script: string,
  options: Partial<HelmRun> = {},
  changes: Partial<HelmTemplateInput> = {},
): Promise<string> {
  const helm = await programOf(script);
  const signal = new AbortController().signal;
  return await helmTemplate({ ...input, ...changes }, { helm, signal, ...options });
}

test('it gets the chart, the values and the version of the cluster; nothing is left of them', async () => {
  const script = 'printf "%s\\n" "$@"; /bin/cat "$3" "${4#--values=}"';
  const lines = (await render(script, {}, { kubernetesVersion: 'v1.30.2+k3s1' })).split('\n');
  expect([lines[0], lines[1], ...lines.slice(4)]).toEqual([
    'template',
    'web',
    '--skip-tests',
    '--include-crds',
    '--kube-version',
    'v1.30.2',
    'archiveimage: {tag: "1"}',
  ]);
  const chart = lines[2] ?? '';
  expect(chart).toMatch(/palette-edge-helm-.*chart\.tgz$/);
  await expect(access(dirname(chart))).rejects.toThrow('ENOENT');
});

test.each([
  ['1.30.x', '1.30'],
  ['latest', undefined],
  ['--post-renderer=x', undefined],
])('a cluster of version %j is passed on as %j', async (kubernetesVersion, expected) => {
  const printed = (await render('printf "%s\\n" "$@"', {}, { kubernetesVersion }))
    .trim()
    .split('\n')
    .slice(6);
  expect(printed).toEqual(expected === undefined ? [] : ['--kube-version', expected]);
});

test('a name that is none for a release, or a flag, is not passed on', async () => {
  for (const name of ['Web_1', '--debug', 'a'.repeat(60)])
    expect((await render('echo "$2"', {}, { name })).trim()).toBe('release');
});

test('nothing of the user is seen: no cluster, no settings, no proxy', async () => {
  const seen = await render('/usr/bin/env');
  const names = seen
    .split('\n')
    .map((line) => line.split('=', 1)[0])
    .filter((name) => name !== '' && name !== 'PWD' && name !== '_' && name !== 'SHLVL' && name !== 'OLDPWD');
  expect(names.toSorted()).toEqual([
    'HELM_CACHE_HOME',
    'HELM_CONFIG_HOME',
    'HELM_DATA_HOME',
    'HELM_PLUGINS',
    'HOME',
    'HTTPS_PROXY',
    'HTTP_PROXY',
    'KUBECONFIG',
  ]);
  expect(seen).not.toContain(process.env['HOME'] ?? 'no home');
});

describe('a failure says where, and quotes no value', () => {
  test.each([
    [
      'echo "Error: execution error at (web/templates/a.yaml:3:4): password hunter2 is weak" >&2; exit 1',
      'at web/templates/a.yaml:3:4',
    ],
    ['echo "Error: parse error: hunter2" >&2; exit 1', 'it says why when run by hand'],
    [
      `echo "Error: values don't meet the specifications of the schema: hunter2" >&2; exit 1`,
      'the values do not fit the schema of the chart',
    ],
    [
      'echo "Error: found in Chart.yaml, but missing in charts/ directory: redis" >&2; exit 1',
      'sub-charts are missing',
    ],
    ['kill -9 $$', 'it says why when run by hand'],
  ])('%s', async (script, reason) => {
    const error = await rejection(render(script));
    expect(error).toMatchObject({
      code: 'CHART_NOT_RENDERED',
      kind: 'failure',
      message: `profile p, pack web, chart web: helm template failed: ${reason}`,
    });
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });
});

test('a program that cannot be run', async () => {
  const helm = join(await temporaryFolder(), 'none');
  expect(await rejection(render('', { helm }))).toMatchObject({
    code: 'CHART_NOT_RENDERED',
    message: expect.stringContaining('it cannot be run (ENOENT)'),
  });
});

test('output has a limit', async () => {
  const error = await rejection(render('/bin/cat /dev/zero', { maximumOutput: 1000 }));
  expect(error).toMatchObject({ message: expect.stringContaining('helm printed more than 1000 bytes') });
});

test('time has a limit', async () => {
  const error = await rejection(render('exec /bin/sleep 60', { timeout: 50 }));
  expect(error).toMatchObject({ message: expect.stringContaining('helm took longer than 0.05 s') });
});

test('an abort stops it, and is no failure of Helm', async () => {
  const folder = await temporaryFolder();
  const controller = new AbortController();
  const helm = await programOf(`: > ${folder}/started; exec /bin/sleep 60`);
  // Watching begins with the first step.
  const started = watch(folder, { signal: controller.signal })[Symbol.asyncIterator]().next();
  const running = helmTemplate(input, { helm, signal: controller.signal });
  await started;
  controller.abort(new Error('stop'));
  await expect(running).rejects.toThrow('stop');
});

test('nothing is started once it is aborted', async () => {
  await expect(render('exit 0', { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
});
