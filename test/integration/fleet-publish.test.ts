import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';

import { digestOf } from '../../src/oci/digest.ts';
import { ciPrograms } from '../support/ci-programs.ts';
import type { CiPrograms } from '../support/ci-programs.ts';
import { cliEntry } from '../support/cli-entry.ts';
import { applyDelta, isSameFile } from '../support/delta-bundles.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { laidOut, objectsOf } from '../support/emitted-objects.ts';
import { pushImage } from '../support/push-image.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { addLayeredImage, tarWith } from '../support/squeezable-bundle.ts';
import type { SampleLayer } from '../support/squeezable-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const login = { username: 'fleet', password: 'of the place' };

interface Workflow {
  readonly jobs: {
    readonly build: {
      readonly steps: readonly { readonly name?: string; readonly run?: string; readonly uses?: string }[];
      readonly strategy: { readonly matrix: { readonly include: readonly { readonly bundle: string }[] } };
    };
    readonly collect: { readonly steps: readonly { readonly name?: string; readonly run?: string }[] };
  };
}

interface Pipeline {
  readonly '.bundle': { readonly script: readonly string[] };
}

/** As it is, not compressed: nothing is to be found out about it. */
function layerOf(text: string): SampleLayer {
  const bytes = tarWith(Buffer.from(text));
  return { bytes, mediaType: 'application/vnd.oci.image.layer.v1.tar', diffId: digestOf(bytes) };
}

/** A checkout with a fleet of two sites whose bundles go to a docker-registry that asks who it is. */
async function startPublishedFleet() {
  const [images, place] = [await runningRegistry(), await startDockerRegistry({ login })];
  onTestFinished(async () => await place.stop());
  const root = await temporaryFolder();
  const url = `oci://${place.host}/edge/fleet`;
  await mkdir(join(root, 'fleet'));
  await writeFile(
    join(root, 'fleet/fleet.yaml'),
    `fleetVersion: 1
publish: ${url}
contents: [{name: shop, images: ["${images.host}/app:1"]}]
groups: [{name: shops, content: shop, sites: [s1, s2]}]
`,
  );
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  const config = JSON.stringify({ auths: { [place.host]: { auth } } });
  await mkdir(join(root, 'docker'));
  await writeFile(join(root, 'docker/config.json'), config);
  const reach = [images.host, place.host].flatMap((host) => ['--plain-http', host]);
  const push = async (added = ''): Promise<void> => {
    const blobs = new MemoryBlobs();
    const image = addLayeredImage(blobs, [layerOf('of all releases'), layerOf(`of one ${added}`)]);
    await pushImage({ origin: images.origin, repository: 'app' }, blobs, { root: image, tag: '1' });
  };
  const programs = await ciPrograms(root);
  // The real one, without the logins of whoever runs the tests.
  const program = `#!/bin/sh\nexec '${process.execPath}' '${cliEntry}' "$@"\n`;
  await writeFile(join(root, '.programs/palette-edge'), program);
  await chmod(join(root, '.programs/palette-edge'), 0o755);
  const emit = async (engine: string, ...flags: string[]): Promise<string> => {
    const args = ['fleet', 'plan', 'fleet/fleet.yaml', '--emit', engine, ...reach, ...flags];
    const { code, stdout, stderr } = await runCli(args, { cwd: root });
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  const cli = { cwd: root, env: { DOCKER_CONFIG: join(root, 'docker') } };
  return { root, url, config, reach, push, programs, emit, cli };
}

type PublishedFleet = Awaited<ReturnType<typeof startPublishedFleet>>;

/** Environment of a runner that has nobody's home. */
function runnerEnvironment(root: string): Readonly<Record<string, string>> {
  return { HOME: root, XDG_CACHE_HOME: join(root, 'cache'), PALETTE_EDGE_STORE: join(root, 'store') };
}

/** Runs the steps of a job as GitHub does: what they write into files of the runner is environment of later steps. */
async function runGithubBuilds(
  { root, config }: PublishedFleet,
  { bash }: CiPrograms,
  text: string,
): Promise<void> {
  const { build, collect }: Workflow['jobs'] = parse(text).jobs;
  expect(build.steps.filter(({ uses }) => uses?.includes('upload-artifact'))).toHaveLength(1);
  for (const { bundle } of build.strategy.matrix.include) {
    const [envFile, output] = [join(root, `.env-${bundle}`), join(root, `.output-${bundle}`)];
    await writeFile(envFile, '');
    for (const { run } of build.steps) {
      if (run === undefined) continue;
      const kept = (await readFile(envFile, 'utf8')).split('\n').filter((line) => line.includes('='));
      await bash(run, {
        ...runnerEnvironment(root),
        ...Object.fromEntries(
          kept.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
        ),
        BUNDLE: bundle,
        FLEET_REGISTRY_AUTH: config,
        RUNNER_TEMP: join(root, '.temp'),
        GITHUB_ENV: envFile,
        GITHUB_OUTPUT: output,
      });
    }
  }
  const collecting = collect.steps.find(({ name }) => name === 'Collect');
  await bash(collecting?.run ?? 'false', runnerEnvironment(root));
}

test('emitted jobs publish what they build, and fetch bases: of GitHub, GitLab and Kubernetes, with nothing kept between releases', async () => {
  const fleet = await startPublishedFleet();
  const { root, url, config, reach, push, programs, emit, cli } = fleet;
  await push();
  await runGithubBuilds(fleet, programs, await emit('github'));
  const listed = async (): Promise<readonly string[]> => {
    const { bundles } = await runCliJson<{ bundles: { url: string }[] }>(
      ['fetch', url, '--list', ...reach],
      cli,
    );
    return bundles.map((bundle) => bundle.url.replace(`${url}:`, ''));
  };
  const [first = '', ...none] = await listed();
  expect([first, none]).toEqual([expect.stringMatching(/^shop-[0-9a-f]{8}-[0-9a-f]{8}$/), []]);
  expect((await runCli(['fleet', 'deliver', 'fleet/fleet.yaml', '--all'], cli)).code).toBe(0);

  // The next release, where no bundle is: one job in a pod, the other one in a pipeline.
  await push('release 2');
  await rm(join(root, 'fleet/bundles'), { recursive: true });
  const objects = objectsOf(await emit('kubernetes', '--builder-image', 'registry.example.com/builder:1'));
  const jobs = objects.flatMap(({ kind, spec }) =>
    kind === 'Job' ? [spec.template.spec.containers[0]] : [],
  );
  const delta = jobs.find(({ args }) => args.some((arg) => arg.includes('-from-')));
  if (delta === undefined) throw new Error('there is no job for the delta bundle');
  const pod = await laidOut(delta, objects);
  const args = delta.args.map((arg) => (/^\/(?:fleet|store)/.test(arg) ? join(pod, arg) : arg));
  const told = await runCli(args, cli);
  expect(told).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(`Fetching the base ${first}.tar.zst …`),
  });
  const pipeline: Pipeline = parse(await emit('gitlab'));
  const full = first.slice(0, 'shop-01234567'.length);
  await programs.bash(pipeline['.bundle'].script.join('\n'), {
    ...runnerEnvironment(root),
    BUNDLE: full,
    DOCKER_AUTH_CONFIG: config,
  });
  const facts = join(root, 'delta.jsonl');
  await writeFile(facts, told.stdout);
  const collect = ['fleet', 'collect', 'fleet/fleet.yaml', facts, `fleet-facts/${full}.jsonl`];
  expect((await runCli(collect, cli)).code).toBe(0);

  // What a site fetches makes the full bundle of what it has.
  const state = await readFile(join(root, 'fleet/fleet-state.jsonl'), 'utf8');
  const ready = /"ready":"(.*-from-.*)\.tar\.zst"/.exec(state)?.[1] ?? '';
  const second = (await listed()).find((tag) => ![first, ready].includes(tag)) ?? '';
  expect(await listed()).toEqual([first, second, ready].toSorted());
  for (const tag of [first, second, ready])
    expect((await runCli(['fetch', `${url}:${tag}`, '--output', 'site', ...reach], cli)).code).toBe(0);
  const file = (tag: string): string => join(root, 'site', `${tag}.tar.zst`);
  const output = join(root, 'applied.tar.zst');
  await applyDelta(file(ready), { bases: [file(first)], output });
  expect(await isSameFile(output, file(second))).toBe(true);

  // Whoever has no key is told so; what was not published is no base, and sites get the full bundle.
  const build = ['fleet', 'build', 'fleet/fleet.yaml', ...reach];
  await rm(join(root, 'fleet/bundles'), { recursive: true });
  expect(await runCli(build, { cwd: root })).toMatchObject({ code: 3 });
  await writeFile(
    join(root, 'fleet/fleet.yaml'),
    (await readFile(join(root, 'fleet/fleet.yaml'), 'utf8')).replace('edge/fleet', 'edge/other'),
  );
  const other = await runCli(build, cli);
  expect(other).toMatchObject({ code: 0, stderr: expect.stringContaining('FLEET_BASE_MISSING') });
  expect(other.stderr).toContain(`published as ${url.replace('edge/fleet', 'edge/other')}:${second}`);
}, 180_000);
