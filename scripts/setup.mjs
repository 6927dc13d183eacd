// Brings a machine to where `npm test` can run, or says exactly what is missing. Runs before every `npm test`, so it
// must be fast when all is there, and under any Node >= 18, because it is what brings the right one.
//
//   node scripts/setup.mjs                   everything
//   node scripts/setup.mjs --packages-only   only what npm brings: enough for `npm run check`
import { execFileSync, spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
const projectNode = join(modules, '.bin', 'node');
const neededMajor = 24;
const secondNodeVersion = '26.10.0';
class SetupError extends Error {}

try {
  ensureProjectNode();
  ensureNativePackages();
  if (!process.argv.includes('--packages-only')) {
    ensureSecondNode();
    ensureTools();
    ensureGoPrograms();
    ensureGoOracles();
    ensureSchemas();
    ensureGuestKernel();
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup: ${error.message}`);
  process.exitCode = 1;
}

/** The `node` package fetches its binary in an install script; without scripts there is a package and no Node. */
function ensureProjectNode() {
  if (majorOf(projectNode) >= neededMajor) return;
  if (!existsSync(join(modules, 'node', 'package.json'))) {
    throw new SetupError('the packages are not installed. Run: npm ci');
  }
  say(`the project's own Node ${neededMajor} is not there yet: npm rebuild node`);
  npm(['rebuild', 'node'], dirname(process.execPath));
  if (majorOf(projectNode) >= neededMajor) return;
  throw new SetupError(
    [
      `the project's own Node ${neededMajor} is missing (node_modules/.bin/node).`,
      'It is fetched by the install script of the npm package "node". If install scripts are disabled',
      '(--ignore-scripts, or ignore-scripts=true in an .npmrc), allow this one:',
      '  npm rebuild node --ignore-scripts=false',
    ].join('\n'),
  );
}

/**
 * npm leaves out optional packages that do not support the Node it runs on. Under an old Node these are the native
 * parts of vitest, oxlint and oxfmt, so everything is installed once more under the project's own Node.
 */
function ensureNativePackages() {
  const missing = missingNativePackages();
  if (missing.length === 0) return;
  say(`npm left out ${missing.join(', ')}: npm ci again, under the project's own Node`);
  // npm ci removes node_modules, with the Node that runs it: so that Node needs a name outside.
  const keep = join(root, '.cache', 'setup');
  rmSync(keep, { recursive: true, force: true });
  mkdirSync(keep, { recursive: true });
  try {
    linkOrCopy(join(modules, 'node', 'bin', 'node'), join(keep, 'node'));
    npm(['ci'], keep);
  } finally {
    rmSync(keep, { recursive: true, force: true });
  }
  const stillMissing = missingNativePackages();
  if (stillMissing.length === 0) return;
  throw new SetupError(
    [
      `these native packages are still missing: ${stillMissing.join(', ')}.`,
      'Check that optional packages are not left out (--omit=optional, --no-optional, or omit= in an .npmrc), then run: npm ci',
    ].join('\n'),
  );
}

/** What the lock file lists for this platform and is not in node_modules. */
function missingNativePackages() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const machine = { os: process.platform, cpu: process.arch, libc: thisLibc() };
  return Object.entries(packages)
    .filter(([, entry]) => entry.optional && entry.os && entry.cpu && isFor(machine, entry))
    .map(([path]) => path)
    .filter((path) => !existsSync(join(root, path, 'package.json')))
    .map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
}

function isFor(machine, { os, cpu, libc }) {
  if (!os.includes(machine.os) || !cpu.includes(machine.cpu)) return false;
  return libc === undefined || libc.includes(machine.libc);
}

function thisLibc() {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/** The tests that compare Node versions need another one. It stays in node_modules/.cache until the next npm ci. */
function ensureSecondNode() {
  const folder = join(modules, '.cache', 'node26');
  const binary = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (versionOf(binary) === secondNodeVersion) return;
  say(`fetching Node ${secondNodeVersion} for the tests that compare Node versions`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // npm 11 runs an install script only when the project's package.json allows it.
  const project = {
    private: true,
    dependencies: { node: secondNodeVersion },
    allowScripts: { node: true },
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(project, null, 2)}\n`);
  npm(['install', '--prefix', folder], dirname(projectNode), folder);
  if (versionOf(binary) === secondNodeVersion) return;
  rmSync(folder, { recursive: true, force: true });
  throw new SetupError(
    [
      `Node ${secondNodeVersion}, which some tests need, could not be installed with npm (the reason stands above).`,
      'Check the connection to the npm registry and that install scripts are not disabled (ignore-scripts), then run npm test again.',
    ].join('\n'),
  );
}

/** The integration tests run real registries and container tools. They are never skipped: no tools, no test run. */
function ensureTools() {
  let missing = missingTools();
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))];
  const asRoot = rootPrefix();
  if (onPath('apt-get') && asRoot !== undefined) {
    say(`installing with apt-get: ${packages.join(' ')}`);
    installWithApt(packages, asRoot);
    missing = missingTools();
    if (missing.length === 0) return;
  }
  const left = [...new Set(missing.map(({ debianPackage }) => debianPackage))];
  throw new SetupError(
    [
      `the integration tests need programs that are not on the PATH: ${missing.map(({ tool }) => tool).join(', ')}.`,
      'On Debian or Ubuntu install them with:',
      `  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${left.join(' ')}`,
      'Elsewhere install the programs by the names above, or run the tests in a Debian container.',
    ].join('\n'),
  );
}

function missingTools() {
  const tools = JSON.parse(readFileSync(new URL('required-tools.json', import.meta.url), 'utf8'));
  return Object.entries(tools)
    .map(([tool, debianPackage]) => ({ tool, debianPackage }))
    .filter(({ tool }) => !onPath(tool));
}

/**
 * What Debian has not. The one on the PATH is taken, or one is built from its source with Go, once: it stays in
 * node_modules/.cache until the next npm ci, and Go's own cache makes the next build short.
 */
function ensureGoPrograms() {
  const programs = JSON.parse(readFileSync(new URL('go-programs.json', import.meta.url), 'utf8'));
  for (const [name, program] of Object.entries(programs)) ensureGoProgram(name, program);
}

function ensureGoProgram(name, { module, version, home, asked, answer, for: tests }) {
  const folder = join(modules, '.cache', name);
  const runs = (program) => {
    const { status, stdout } = spawnSync(program, asked, { encoding: 'utf8' });
    return status === 0 && new RegExp(answer).test(stdout);
  };
  if (runs(join(folder, name)) || runs(name)) return;
  const source = `${module}@${version}`;
  if (onPath('go')) {
    say(`building ${name} ${version} with Go; the first time may take some minutes`);
    installWithGo(source, folder);
    if (runs(join(folder, name))) return;
  }
  throw new SetupError(
    [
      `${tests} need ${name} ${version}, and neither is one like it on the PATH nor could it be built.`,
      `Install it (${home}), or install Go, which builds it from Go's module proxy:`,
      `  GOBIN=${folder} go install ${source}`,
    ].join('\n'),
  );
}

/**
 * The tests that start images need a kernel to start. Debian's smallest one is unpacked, not installed; it stays in
 * node_modules/.cache until the next npm ci.
 */
function ensureGuestKernel() {
  const folder = join(modules, '.cache', 'guest-kernel');
  if (existsSync(join(folder, 'boot'))) return;
  const meta = 'linux-image-cloud-amd64';
  const kernelPackage = () => {
    const { stdout } = spawnSync('apt-cache', ['depends', meta], { encoding: 'utf8' });
    return /Depends: (linux-image-[\w.+-]+)/.exec(stdout)?.[1];
  };
  const asRoot = rootPrefix();
  if (kernelPackage() === undefined && asRoot !== undefined)
    run('env', [...asRoot, 'apt-get', '-q', 'update']);
  const name = kernelPackage();
  const unpacking = `${folder}.new`;
  rmSync(unpacking, { recursive: true, force: true });
  mkdirSync(unpacking, { recursive: true });
  if (name !== undefined) {
    say(`fetching ${name} for the tests that start images`);
    run('apt-get', ['-q', 'download', name], { cwd: unpacking });
    const file = readdirSync(unpacking).find((each) => each.endsWith('.deb'));
    if (file !== undefined && run('dpkg-deb', ['-x', file, '.'], { cwd: unpacking }) === 0) {
      rmSync(join(unpacking, file));
      renameSync(unpacking, folder);
      return;
    }
  }
  rmSync(unpacking, { recursive: true, force: true });
  throw new SetupError(
    [
      `the tests that start images need Debian's kernel package ${meta}, and it could not be fetched with apt-get.`,
      `Elsewhere unpack it by hand, so that this folder holds boot/ and lib/: ${folder}`,
    ].join('\n'),
  );
}

/** Programs whose compressed streams tests compare ours with: their modules, and Go 1.27, come from Go's module proxy, once. */
function ensureGoOracles() {
  if (run(projectNode, [join(root, 'scripts', 'build-go-oracles.mjs')]) === 0) return;
  throw new SetupError(
    [
      'the tests of compressed streams need Go 1.25 or newer, and Go modules that could not be fetched or built (the reason stands above).',
      "Install Go (https://go.dev/dl), check the connection to Go's module proxy (go env GOPROXY), then run npm test again.",
    ].join('\n'),
  );
}

/** The official schemas of bills of materials: Go modules carry them. */
function ensureSchemas() {
  const sources = Object.values(
    JSON.parse(readFileSync(join(root, 'scripts', 'schema-modules.json'), 'utf8')),
  );
  if (run('go', ['mod', 'download', ...sources], { cwd: tmpdir() }) === 0) return;
  throw new SetupError(
    [
      'the tests of bills of materials need Go modules that hold official schemas, and they could not be fetched (the reason stands above).',
      "Install Go (https://go.dev/dl), check the connection to Go's module proxy (go env GOPROXY), then run npm test again.",
    ].join('\n'),
  );
}

function installWithGo(source, folder) {
  mkdirSync(folder, { recursive: true });
  run('go', ['install', '-trimpath', source], { env: { ...process.env, GOBIN: folder, GOFLAGS: '' } });
}

/** What to put before a command to run it as root; undefined when that is not possible without asking. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (!onPath('sudo')) return undefined;
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined;
}

function installWithApt(packages, asRoot) {
  // Offline for systemd, and single-user for init scripts: docker-registry, containerd and nginx would start their services.
  const quiet = ['DEBIAN_FRONTEND=noninteractive', 'SYSTEMD_OFFLINE=1', 'RUNLEVEL=1'];
  const prefix = [...asRoot, 'env', ...quiet, 'apt-get', '-q'];
  // apt-get update otherwise reports success when a mirror does not answer.
  const update = [...prefix, 'update', '-o', 'APT::Update::Error-Mode=any'];
  const install = [...prefix, 'install', '-y', '--no-install-recommends', ...packages];
  const attempt = () => [update, install].every(([command, ...args]) => run(command, args) === 0);
  if (attempt()) return;
  say('apt-get failed; trying once more');
  attempt();
}

/** Runs npm with the Node in `nodeFolder`; what it says goes to stderr. */
function npm(args, nodeFolder, cwd = root) {
  const path = `${nodeFolder}${delimiter}${process.env.PATH}`;
  return run('npm', args, { cwd, env: { ...process.env, PATH: path }, shell: process.platform === 'win32' });
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2], ...options });
  if (error) console.error(`setup: ${command}: ${error.message}`);
  return status;
}

function linkOrCopy(from, to) {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

function majorOf(node) {
  return Number(versionOf(node)?.split('.')[0] ?? 0);
}

/** The version of a node binary, or undefined when it is missing or does not run. */
function versionOf(node) {
  try {
    return execFileSync(node, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .slice(1);
  } catch {
    return undefined;
  }
}

/** Debian keeps servers in /usr/sbin, which is on the PATH of root only; the tests look there, too. A file has a whole path. */
function onPath(program) {
  if (isAbsolute(program)) return existsSync(program);
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return folders.some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function say(text) {
  console.error(`setup: ${text}`);
}
