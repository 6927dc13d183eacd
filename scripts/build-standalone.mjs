// The tool as one file for each architecture, which needs no Node: Node itself with a script in it, a "single executable
// application". What is made of the same sources on the same architecture is the same bytes.
//
//   node scripts/build-standalone.mjs [--arch x64|arm64] [--out FOLDER]
//
// See docs/standalone.md and docs/decisions/0014-standalone-executable.md.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { bundleStandalone } from './build-standalone-bundle.mjs';
import { licenceTexts } from './build-standalone-licences.mjs';
import { bringRuntime, runtimeVersion } from './build-standalone-runtime.mjs';
import { commandManifest } from './command-manifest.mjs';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const cache = join(root, 'node_modules', '.cache', 'standalone');
const postject = fileURLToPath(new URL('cli.js', import.meta.resolve('postject')));
/** Where Node looks for what it runs: https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html */
const resource = 'NODE_SEA_BLOB';
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const script = 'palette-edge.cjs';
/** Files that the tool reads as it runs, by the names that it asks for. */
const assets = ['fixtures/demo/edge-infra.yaml', 'fixtures/demo/shop-addon.yaml'];

const { values } = parseArgs({
  options: { arch: { type: 'string', multiple: true }, out: { type: 'string' } },
});
const architectures = values.arch ?? ['x64', 'arm64'];
const out = resolve(values.out ?? join(root, 'standalone'));

if (process.versions.node !== runtimeVersion) {
  throw new Error(
    `the executables get Node ${runtimeVersion}, and only that Node can make them; this is ${process.version}. ` +
      'Use npm run build:standalone; after an update of Node change scripts/build-standalone-runtime.mjs, too.',
  );
}
mkdirSync(out, { recursive: true });
const work = mkdtempSync(join(out, '.building-'));
try {
  const { code, files } = await bundleSources();
  writeFileSync(join(work, script), code);
  for (const arch of architectures) buildFor(arch, files);
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function bundleSources() {
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const sources = { ...pjson, oclif: { ...pjson.oclif, commands: './src/commands' } };
  return await bundleStandalone({ root, pjson, manifest: await commandManifest(root, sources) });
}

function buildFor(arch, files) {
  const started = performance.now();
  const name = `palette-edge-linux-${arch}`;
  const program = join(out, name);
  const key = inputsKey(arch);
  if (existsSync(program) && lastKey(program) === `${key} ${fileDigest(program)}`) {
    console.log(`${program} is up to date`);
    return;
  }
  bringRuntime(arch, { folder: cache, into: work });
  const runtime = join(work, 'bin', 'node');
  const built = join(work, name);
  const blob = makeBlob(arch, runtime);
  copyFileSync(runtime, built);
  inject(built, blob);
  writeFileSync(join(out, 'LICENSES.txt'), licenceTexts({ root, files, nodeLicence: join(work, 'LICENSE') }));
  const digest = fileDigest(built);
  rmSync(keyFile(program), { force: true });
  renameSync(built, program);
  writeFileSync(keyFile(program), `${key} ${digest}\n`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${program}  ${(statSync(program).size / 1e6).toFixed(1)} MB  sha256:${digest}  ${seconds} s`);
}

/** What Node reads at start: the script, what V8 made of it, and the assets. */
function makeBlob(arch, runtime) {
  // Of no use to another kind of processor, and Node would say so at every start.
  const isNative = process.platform === 'linux' && process.arch === arch;
  const config = {
    main: script,
    output: 'blob',
    disableExperimentalSEAWarning: true,
    useCodeCache: isNative,
    assets: Object.fromEntries(assets.map((path) => [path, join(root, path)])),
  };
  writeFileSync(join(work, 'config.json'), JSON.stringify(config));
  // The order of what is in the code cache hangs on the seed of hashes, and that on the random seed. Programs that read the
  // cache do not ask for that flag; they have random seeds of their own.
  const args = ['--random-seed=1', '--experimental-sea-config', 'config.json'];
  run(isNative ? runtime : process.execPath, args);
  return join(work, 'blob');
}

function inject(program, blob) {
  run(process.execPath, [postject, program, resource, blob, '--sentinel-fuse', fuse]);
}

/** What it says is shown only when it fails: postject warns of sections without names in every Node. */
function run(program, args) {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd: work,
    env: { PATH: process.env.PATH },
    encoding: 'utf8',
  });
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
}

/** Of everything that decides what is in the executable. */
function inputsKey(arch) {
  const { version } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.resolve('postject')), 'utf8'),
  );
  const hash = createHash('sha256').update(JSON.stringify([arch, process.arch, runtimeVersion, version]));
  const inputs = [
    join(work, script),
    ...assets.map((path) => join(root, path)),
    fileURLToPath(import.meta.url),
  ];
  for (const path of inputs) hash.update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

function keyFile(program) {
  return `${program}.key`;
}

function lastKey(program) {
  return existsSync(keyFile(program)) ? readFileSync(keyFile(program), 'utf8').trim() : undefined;
}

function fileDigest(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
