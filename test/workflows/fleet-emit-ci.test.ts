import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';

import { emitGithub } from '../../src/fleet/emit-github.ts';
import { loadFleet } from '../../src/workflows/fleet-files.ts';
import { ciPrograms } from '../support/ci-programs.ts';
import { emittedChecks, emittedMistakes } from '../support/emitted-checks.ts';
import { emittedFleet, emittedFor } from '../support/emitted-fleet.ts';
import { rejection } from '../support/rejection.ts';

const runFile = promisify(execFile);
const require = createRequire(import.meta.url);
const gitlabCiLocal = require.resolve('gitlab-ci-local');

beforeAll(() => void emittedChecks(), 300_000);

/** The one that is meant. */
function theOne<T>(all: readonly T[], isIt: (one: T) => boolean): T {
  const found = all.find(isIt);
  if (found === undefined) throw new Error('it is not there');
  return found;
}

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly script: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly permissions: unknown;
  readonly jobs: {
    readonly build: {
      readonly steps: readonly Step[];
      readonly strategy: {
        readonly matrix: { readonly include: readonly { bundle: string; base: string }[] };
      };
    };
    readonly collect: { readonly steps: readonly Step[] };
  };
}

test('actionlint finds nothing in a workflow of GitHub, and what it has is what its scripts do', async () => {
  const fleet = await emittedFleet();
  const text = await emittedFor('github', fleet, { parallel: 4 });
  expect(emittedMistakes('github', text)).toEqual([]);
  expect(emittedMistakes('github', text.replace('matrix.base', 'matrix.bass'))).not.toEqual([]);
  const workflow: Workflow = parse(text);
  expect(workflow.permissions).toEqual({ contents: 'read' });
  const { steps, strategy } = workflow.jobs.build;
  const { bundle, base } = theOne(strategy.matrix.include, ({ base: file }) => file.startsWith('depot'));
  const { bash, calls } = await ciPrograms(fleet.root);
  const output = join(fleet.root, '.output');
  await writeFile(output, '');
  const given = {
    BUNDLE: bundle,
    BASE: base,
    FLEET_KEY_KEYS_VENDOR_KEY_PEM: 'the key',
    FLEET_REGISTRY_AUTH: '{"auths":{}}',
    RUNNER_TEMP: join(fleet.root, '.temp'),
    GITHUB_ENV: output,
    GITHUB_OUTPUT: output,
  };
  const scripts = steps.filter(({ name }) => name !== 'Install xorriso').flatMap(({ run }) => run ?? []);
  for (const script of scripts) await bash(script, given);
  expect(await calls()).toEqual([
    'npm install --global palette-edge-content-builder@1.0.0',
    `gh run download --name ${base} --dir fleet/bundles`,
    `palette-edge fleet build fleet/fleet.yaml --only ${bundle} --keep-state --store s3://bucket/prefix --mirror=docker.io=mirror.example.com/it's $(here)`,
  ]);
  expect(await readFile(join(fleet.root, 'fleet/keys/vendor key.pem'), 'utf8')).toBe('the key\n');
  expect(await readFile(join(fleet.root, '.temp/registries/config.json'), 'utf8')).toBe('{"auths":{}}\n');
  expect(await readFile(output, 'utf8')).toContain(`file=${bundle}-0123abcd.tar.zst\n`);
  // Secrets are named, and none is there.
  expect(steps.find(({ name }) => name === 'Build')?.env).toEqual({
    PALETTE_API_KEY: '${{ secrets.PALETTE_API_KEY }}',
    PALETTE_EDGE_KEY_PASSPHRASE: '${{ secrets.PALETTE_EDGE_KEY_PASSPHRASE }}',
    AWS_ACCESS_KEY_ID: '${{ secrets.AWS_ACCESS_KEY_ID }}',
    AWS_SECRET_ACCESS_KEY: '${{ secrets.AWS_SECRET_ACCESS_KEY }}',
    AWS_REGION: '${{ vars.AWS_REGION }}',
    AWS_ENDPOINT_URL_S3: '${{ vars.AWS_ENDPOINT_URL_S3 }}',
  });
  expect(text).not.toContain('A secret');
});

test('more bundles than a matrix of GitHub may have are in several', async () => {
  const fleet = await emittedFleet();
  const loaded = await loadFleet(join(fleet.root, fleet.fleetFile), true);
  const bundles = Array.from({ length: 120 }, (_, index) =>
    loaded.plan.bundles.map((bundle) => ({ ...bundle, name: `${bundle.name}-${index}` })),
  ).flat();
  const choices = { npmPackage: 'x@1', storageSize: '1Gi', isManyNodes: false };
  const emission = {
    ...fleet,
    fleet: loaded.fleet,
    bundles,
    args: [],
    sharedStores: [],
    version: '1',
    choices,
  };
  const text = emitGithub(emission);
  expect(emittedMistakes('github', text)).toEqual([]);
  expect(parse(text).jobs.collect.needs).toEqual(['build', 'build-2', 'build-3']);
  expect(parse(text).jobs['build-3'].strategy.matrix.include).toHaveLength(600 - 2 * 256);
});

test('a pipeline of GitLab is valid, and its jobs bring the base, build, and keep the bundle', async () => {
  const fleet = await emittedFleet();
  const { root } = fleet;
  const text = await emittedFor('gitlab', fleet, { builderImage: 'registry.example.com/builder:1' });
  await writeFile(join(root, '.gitlab-ci.yml'), text);
  const git = async (...args: string[]) => await runFile('git', ['-C', root, ...args]);
  await git('init', '--quiet', '--initial-branch', 'main');
  await git('remote', 'add', 'origin', 'git@gitlab.example.com:group/fleet.git');
  await git('add', '.');
  await git('-c', 'user.name=n', '-c', 'user.email=n@example.com', 'commit', '--quiet', '-m', 'x');
  // Checks it by the schema of GitLab, and shows jobs as runners get them.
  const preview = async () =>
    await runFile(process.execPath, [gitlabCiLocal, '--preview'], {
      cwd: root,
      env: { ...process.env, HOME: root },
    });
  const jobs: Readonly<Record<string, Job>> = parse((await preview()).stdout);
  const { plan } = await loadFleet(join(root, fleet.fleetFile), true);
  const names = plan.bundles.map(({ name }) => name);
  expect(Object.keys(jobs)).toEqual(expect.arrayContaining(['collect-state', ...names]));
  const delta = theOne(plan.bundles, ({ base }) => base?.file.startsWith('depot') === true);
  const base = delta.base?.file;
  const { script, variables } = theOne(Object.entries(jobs), ([name]) => name === delta.name)[1];
  const { bash, calls } = await ciPrograms(root);
  const given = {
    ...variables,
    CI_API_V4_URL: 'https://gitlab.example.com/api/v4',
    CI_PROJECT_ID: '7',
  };
  await bash(script.join('\n'), { ...given, FLEET_KEY_KEYS_VENDOR_KEY_PEM: 'the key' });
  const key = join(root, 'fleet/keys/vendor key.pem');
  expect(await readFile(key, 'utf8')).toBe('the key\n');
  const curls = (await calls()).filter((call) => call.startsWith('curl'));
  const packages = 'https://gitlab.example.com/api/v4/projects/7/packages/generic/palette-edge-fleet';
  const file = `${delta.name}-0123abcd.tar.zst`;
  expect(curls.map((call) => call.replace(/.* (--(?:output|upload-file) .*)/, '$1'))).toEqual([
    ...[base, 'one.part00', 'one.part01'].map(
      (name) => `--output fleet/bundles/${name} ${packages}/${base}/${name}`,
    ),
    `--upload-file fleet/bundles/${file} ${packages}/${file}/${file}`,
  ]);
  expect((await calls()).find((call) => call.startsWith('palette-edge'))).toContain(`--only ${delta.name} `);
  // The variable may be of type file: then its value is a path.
  await writeFile(join(root, 'the variable'), 'the other key\n');
  await bash(script.join('\n'), { ...given, FLEET_KEY_KEYS_VENDOR_KEY_PEM: join(root, 'the variable') });
  expect(await readFile(key, 'utf8')).toBe('the other key\n');
  // A misspelt field is found: the pipeline was looked at.
  await writeFile(join(root, '.gitlab-ci.yml'), text.replace('artifacts:', 'artefacts:'));
  await expect(preview()).rejects.toThrow('artefacts');
});

test('where bundles are published, jobs neither keep nor bring them otherwise; images to start from are kept, and keys of the bucket named', async () => {
  const fleet = await emittedFleet('publish: s3://bundles/edge\n');
  const text = await emittedFor('github', fleet);
  expect(emittedMistakes('github', text)).toEqual([]);
  const { build, collect }: Workflow['jobs'] = parse(text).jobs;
  expect(
    build.steps.flatMap(({ uses, with: given }) => (uses?.includes('upload') ? given?.['path'] : [])),
  ).toEqual(['fleet/bundles/${{ matrix.bundle }}-*.iso*', 'fleet-facts/${{ matrix.bundle }}.jsonl']);
  expect(text).not.toMatch(/gh run|actions: read/);
  expect(collect.steps.at(-1)?.with?.['path']).toBe('fleet/fleet-state.jsonl');
  expect(text).toContain('AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}');
  // Without images to start from nothing is kept but what was told.
  const path = join(fleet.root, fleet.fleetFile);
  await writeFile(path, (await readFile(path, 'utf8')).replace(', iso: true', ''));
  expect(await emittedFor('github', fleet)).not.toContain('.iso');
  expect(await emittedFor('gitlab', fleet)).not.toMatch(/curl|BASE/);
});

test('paths that a checkout does not have, and texts that an engine would evaluate, are refused', async () => {
  const fleet = await emittedFleet();
  const outside = { ...fleet, root: join(fleet.root, 'fleet'), fleetFile: '../fleet/fleet.yaml' };
  for (const engine of ['github', 'gitlab'] as const)
    expect(await rejection(emittedFor(engine, outside))).toMatchObject({ code: 'FLEET_EMIT_PATH' });
  const path = join(fleet.root, fleet.fleetFile);
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('keys/vendor key.pem', 'keys/${{ github.token }}.pem'));
  expect(await rejection(emittedFor('github', fleet))).toMatchObject({ code: 'FLEET_EMIT_TEXT' });
  await writeFile(path, text.replace('split: 4GB', 'privateKey: keys/vendor_key.pem'));
  for (const engine of ['github', 'gitlab', 'kubernetes'] as const)
    expect(await rejection(emittedFor(engine, fleet))).toMatchObject({
      code: 'FLEET_EMIT_PATH',
      suggestions: [expect.stringMatching(/^It and keys\/vendor.key\.pem would be the secret \S+: rename/i)],
    });
  await writeFile(path, text);
  const npmPackage = 'x@${{ secrets.KEY }}';
  expect(await rejection(emittedFor('github', fleet, { npmPackage }))).toMatchObject({
    code: 'FLEET_EMIT_TEXT',
  });
  await writeFile(path, `${text}bundles: ../../bundles\n`);
  expect(await rejection(emittedFor('github', fleet))).toMatchObject({
    code: 'FLEET_EMIT_PATH',
    message: expect.stringContaining('the folder of bundles'),
  });
});
