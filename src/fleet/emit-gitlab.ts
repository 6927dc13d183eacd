import type { Json } from '../io/canonical-json.ts';
import { checkoutPaths } from './checkout-paths.ts';
import type { CheckoutPaths } from './checkout-paths.ts';
import type { Emission } from './emission.ts';
import { emittedHead, emittedYaml } from './emitted-yaml.ts';
import { buildCommand, bundleFileCommand, collectCommand, factsFolder, keyCommands } from './job-script.ts';
import { shellWords } from './shell-words.ts';

const nodeImage = 'docker.io/library/node:24-bookworm';
const keptFor = '90 days';
/** Of the generic package registry, which keeps bundles: artifacts have limits that bundles are above. */
const packages = '$CI_API_V4_URL/projects/$CI_PROJECT_ID/packages/generic/palette-edge-fleet';
const curl = 'curl --fail --silent --show-error --location --retry 3 --header "JOB-TOKEN: $CI_JOB_TOKEN"';

/**
 * A pipeline of GitLab, to be included or started as a child: a job for each bundle, and one that collects the state. Bundles, and so bases, are in the
 * package registry of the project.
 *
 * @throws PaletteEdgeError `FLEET_EMIT_PATH`, `FLEET_EMIT_TEXT` (kind usage)
 */
export function emitGitlab(emission: Emission): string {
  const paths = checkoutPaths(emission, 'gitlab');
  const isPublished = emission.fleet.publish !== undefined;
  const jobs = emission.bundles.map(({ name, base }): readonly [string, Json] => [
    name,
    jobOf(name, isPublished ? undefined : base?.file),
  ]);
  const pipeline = {
    stages: ['build', 'collect'],
    '.tool': toolOf(emission),
    '.bundle': buildOf(emission, paths),
    ...Object.fromEntries(jobs),
    'collect-state': collectOf(paths),
  };
  return emittedYaml(emittedHead('gitlab', emission), [pipeline]);
}

function jobOf(name: string, base: string | undefined): Json {
  return { extends: '.bundle', variables: { BUNDLE: name, ...(base !== undefined && { BASE: base }) } };
}

function toolOf({ bundles, choices }: Emission): Json {
  const { builderImage, npmPackage } = choices;
  if (builderImage !== undefined) return { image: { name: builderImage, entrypoint: [''] } };
  const xorriso = ['apt-get update', 'apt-get install --yes --no-install-recommends xorriso'];
  return {
    image: nodeImage,
    before_script: [
      `npm install --global ${shellWords([npmPackage])}`,
      ...(bundles.some(({ options }) => options.iso) ? xorriso : []),
    ],
  };
}

function buildOf(emission: Emission, paths: CheckoutPaths): Json {
  const { bundles } = paths;
  // Where the fleet says publish, `fleet build` brings and keeps bundles by itself.
  const isPublished = emission.fleet.publish !== undefined;
  const hasBases = !isPublished && emission.bundles.some(({ base }) => base !== undefined);
  const hasIso = emission.bundles.some(({ options }) => options.iso);
  const keys = keyCommands(paths, (variable) => `text_of "$${variable}"`);
  const script = [
    `mkdir -p ${factsFolder} ${shellWords([bundles])}`,
    ...(hasBases ? [bringBase(bundles)] : []),
    textOf,
    ...(keys === undefined ? [] : [keys]),
    logIn,
    buildCommand(paths, emission),
    ...(isPublished ? [] : [keepBundle(bundles, '"$BUNDLE"-*')]),
    // Images to start hosts from are not published: they are made of what is.
    ...(isPublished && hasIso ? [keepBundle(bundles, '"$BUNDLE"-*.iso*')] : []),
  ];
  return {
    extends: '.tool',
    stage: 'build',
    variables: { GIT_DEPTH: '1' },
    script,
    artifacts: { paths: [`${factsFolder}/`], expire_in: keptFor },
    retry: { max: 1, when: ['runner_system_failure', 'stuck_or_timeout_failure'] },
  };
}

/** Keys have lines, which GitLab masks in no variable: they are better off in one of type file, whose value is a path. */
const textOf = [
  'text_of() {',
  String.raw`  if [ -f "$1" ]; then cat "$1"; else printf '%s\n' "$1"; fi`,
  '}',
].join('\n');

/** The variable that runners know, too, for images of jobs. */
const logIn = [
  'if [ -n "$DOCKER_AUTH_CONFIG" ]; then',
  '  export DOCKER_CONFIG="$(mktemp -d)"',
  '  text_of "$DOCKER_AUTH_CONFIG" > "$DOCKER_CONFIG/config.json"',
  'fi',
].join('\n');

/** With the list of a bundle in parts come the parts. */
function bringBase(bundles: string): string {
  const names = `node -p 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).parts.map(({ name }) => name).join("\\n")'`;
  return [
    'bring() {',
    `  ${curl} --output ${shellWords([bundles])}/"$1" "${packages}/$BASE/$1"`,
    '}',
    'if [ -n "$BASE" ]; then',
    '  bring "$BASE"',
    '  case "$BASE" in',
    '    *.parts.json)',
    `      for part in $(${names} ${shellWords([bundles])}/"$BASE"); do bring "$part"; done ;;`,
    '  esac',
    'fi',
  ].join('\n');
}

/** Nothing was told when the sites have all of it already. */
function keepBundle(bundles: string, pattern: string): string {
  return [
    `if [ -s "${factsFolder}/$BUNDLE.jsonl" ]; then`,
    `  file=$(${bundleFileCommand})`,
    `  for path in ${shellWords([bundles])}/${pattern}; do`,
    // A pattern that fits nothing stays as it is.
    '    [ -e "$path" ] || continue',
    `    ${curl} --upload-file "$path" "${packages}/$file/\${path##*/}"`,
    '  done',
    'fi',
  ].join('\n');
}

function collectOf(paths: CheckoutPaths): Json {
  return {
    extends: '.tool',
    stage: 'collect',
    // What was built is taken, also when something failed.
    when: 'always',
    script: [collectCommand(paths)],
    artifacts: { paths: [paths.state], expire_in: keptFor },
  };
}
