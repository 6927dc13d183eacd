import type { Json } from '../io/canonical-json.ts';
import { checkoutPaths } from './checkout-paths.ts';
import type { CheckoutPaths } from './checkout-paths.ts';
import { environmentOf } from './emission.ts';
import type { Emission } from './emission.ts';
import { emittedHead, emittedYaml } from './emitted-yaml.ts';
import { buildCommand, bundleFileCommand, collectCommand, factsFolder, keyCommands } from './job-script.ts';
import type { PlannedBundle } from './plan-fleet.ts';
import { shellWords } from './shell-words.ts';

/** Actions by commit, as a tag can be moved, with their releases (docs/decisions/0028-emitted-files.md). */
const actions = {
  checkout: ['actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1', 'v7.0.1'],
  node: ['actions/setup-node@820762786026740c76f36085b0efc47a31fe5020', 'v7.0.0'],
  upload: ['actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f', 'v7.0.0'],
  download: ['actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c', 'v8.0.1'],
} as const;
const releases = new Map<string, string>(Object.values(actions));

/** Jobs of one matrix, by the limit of GitHub. */
const matrixLimit = 256;
/** As long as GitHub keeps artifacts of public repositories. */
const keptDays = 90;
const runner = 'ubuntu-24.04';

/**
 * A workflow of GitHub Actions, started by hand: a job for each bundle, and one that collects the state. Bases are artifacts of earlier runs.
 *
 * @throws PaletteEdgeError `FLEET_EMIT_PATH`, `FLEET_EMIT_TEXT` (kind usage)
 */
export function emitGithub(emission: Emission): string {
  const paths = checkoutPaths(emission, 'github');
  const builds = matrices(emission.bundles).map((bundles, index): readonly [string, Json] => [
    index === 0 ? 'build' : `build-${index + 1}`,
    buildJob(emission, paths, bundles),
  ]);
  const jobs = [
    ...builds,
    [
      'collect',
      collectJob(
        emission,
        paths,
        builds.map(([name]) => name),
      ),
    ],
  ];
  const workflow = {
    name: 'palette-edge fleet',
    on: { workflow_dispatch: {} },
    permissions: { contents: 'read' },
    // Two runs would build the same.
    concurrency: { group: 'palette-edge-fleet', 'cancel-in-progress': false },
    jobs: Object.fromEntries(jobs),
  };
  return emittedYaml(emittedHead('github', emission), [workflow], releases);
}

function matrices(bundles: readonly PlannedBundle[]): readonly (readonly PlannedBundle[])[] {
  return Array.from({ length: Math.ceil(bundles.length / matrixLimit) }, (_, index) =>
    bundles.slice(index * matrixLimit, (index + 1) * matrixLimit),
  );
}

function buildJob(emission: Emission, paths: CheckoutPaths, bundles: readonly PlannedBundle[]): Json {
  const { parallel } = emission.choices;
  const include = bundles.map(({ name, base }) => ({ bundle: name, base: base?.file ?? '' }));
  // Where the fleet says publish, `fleet build` brings and keeps bundles by itself.
  const isPublished = emission.fleet.publish !== undefined;
  const hasBases = !isPublished && bundles.some(({ base }) => base !== undefined);
  const hasIso = bundles.some(({ options }) => options.iso);
  return {
    name: '${{ matrix.bundle }}',
    'runs-on': runner,
    ...(hasBases && { permissions: { actions: 'read', contents: 'read' } }),
    strategy: {
      // A bundle that fails does not stop the others.
      'fail-fast': false,
      ...(parallel !== undefined && { 'max-parallel': parallel }),
      matrix: { include },
    },
    env: { BUNDLE: '${{ matrix.bundle }}' },
    steps: [
      ...setUp(emission, hasIso),
      ...(hasBases ? [baseStep(paths)] : []),
      ...keyStep(paths),
      loginStep,
      {
        name: 'Build',
        id: 'build',
        ...secretsOf(emission, bundles),
        run: [
          `mkdir -p ${factsFolder}`,
          buildCommand(paths, emission),
          '# Nothing was told when the sites have all of it already.',
          `if [ -s "${factsFolder}/$BUNDLE.jsonl" ]; then`,
          `  echo "file=$(${bundleFileCommand})" >> "$GITHUB_OUTPUT"`,
          'fi',
        ].join('\n'),
      },
      ...(isPublished ? [] : [uploadBundle(paths)]),
      ...(isPublished && hasIso ? [uploadImage(paths)] : []),
      uploadFacts,
    ],
  };
}

function setUp({ choices }: Emission, needsXorriso: boolean): readonly Json[] {
  return [
    { uses: actions.checkout[0], with: { 'persist-credentials': false } },
    { uses: actions.node[0], with: { 'node-version': 24, 'package-manager-cache': false } },
    {
      name: 'Install palette-edge',
      run: `npm install --global ${shellWords([choices.npmPackage])}`,
    },
    ...(needsXorriso
      ? [
          {
            name: 'Install xorriso',
            run: 'sudo apt-get update\nsudo apt-get install --yes --no-install-recommends xorriso',
          },
        ]
      : []),
  ];
}

/** The artifact of the bundle that sites have, of whatever run. */
function baseStep({ bundles }: CheckoutPaths): Json {
  return {
    name: 'Bring the base',
    if: "matrix.base != ''",
    env: { BASE: '${{ matrix.base }}', GH_TOKEN: '${{ github.token }}', GH_REPO: '${{ github.repository }}' },
    run: `gh run download --name "$BASE" --dir ${shellWords([bundles])}`,
  };
}

function keyStep(paths: CheckoutPaths): readonly Json[] {
  const run = keyCommands(paths, (variable) => String.raw`printf '%s\n' "$${variable}"`);
  if (run === undefined) return [];
  const env = Object.fromEntries(paths.keys.map(({ variable }) => [variable, secret(variable)]));
  return [{ name: 'Write the private keys', env, run }];
}

/** A file as `docker login` writes it, for registries that ask who it is. */
const loginStep = {
  name: 'Log in to registries',
  env: { FLEET_REGISTRY_AUTH: secret('FLEET_REGISTRY_AUTH') },
  run: [
    'if [ -n "$FLEET_REGISTRY_AUTH" ]; then',
    '  umask 077',
    '  mkdir -p "$RUNNER_TEMP/registries"',
    String.raw`  printf '%s\n' "$FLEET_REGISTRY_AUTH" > "$RUNNER_TEMP/registries/config.json"`,
    '  echo "DOCKER_CONFIG=$RUNNER_TEMP/registries" >> "$GITHUB_ENV"',
    'fi',
  ].join('\n'),
};

function secretsOf(emission: Emission, bundles: readonly PlannedBundle[]): { readonly env?: Json } {
  const names = environmentOf(emission, bundles);
  const env = [
    ...names.secret.map((name) => [name, secret(name)]),
    ...names.plain.map((name) => [name, `\${{ vars.${name} }}`]),
  ];
  return env.length > 0 ? { env: Object.fromEntries(env) } : {};
}

function secret(name: string): string {
  return `\${{ secrets.${name} }}`;
}

// A job may be run again.
const kept = { 'retention-days': keptDays, overwrite: true };

/** The bundle is called as the state calls it: so it is found when it is a base. */
function uploadBundle({ bundles }: CheckoutPaths): Json {
  const path = `${bundles}/\${{ matrix.bundle }}-*`;
  const settings = { 'compression-level': 0, 'if-no-files-found': 'error', ...kept };
  return {
    uses: actions.upload[0],
    if: "steps.build.outputs.file != ''",
    with: { name: '${{ steps.build.outputs.file }}', path, ...settings },
  };
}

/** Images to start hosts from are not published: they are made of what is. */
function uploadImage({ bundles }: CheckoutPaths): Json {
  const path = `${bundles}/\${{ matrix.bundle }}-*.iso*`;
  const settings = { 'compression-level': 0, 'if-no-files-found': 'ignore', ...kept };
  return { uses: actions.upload[0], with: { name: '${{ matrix.bundle }}-iso', path, ...settings } };
}

const uploadFacts = {
  uses: actions.upload[0],
  with: {
    name: 'fleet-facts-${{ matrix.bundle }}',
    path: `${factsFolder}/\${{ matrix.bundle }}.jsonl`,
    'if-no-files-found': 'error',
    ...kept,
  },
};

function collectJob(emission: Emission, paths: CheckoutPaths, needs: readonly string[]): Json {
  return {
    name: 'Collect the state',
    'runs-on': runner,
    needs,
    // What was built is taken, also when something failed.
    if: '!cancelled()',
    steps: [
      ...setUp(emission, false),
      {
        uses: actions.download[0],
        with: { pattern: 'fleet-facts-*', path: factsFolder, 'merge-multiple': true },
      },
      { name: 'Collect', run: collectCommand(paths) },
      {
        uses: actions.upload[0],
        with: { name: 'fleet-state', path: paths.state, 'if-no-files-found': 'error', overwrite: true },
      },
    ],
  };
}
