// Runs the conformance suite of the OCI distribution specification against `serve` and against the registry that the demo and the tests
// use, and compares the results with docs/conformance.md. Builds the suite with Go, from Go's module proxy, once.
//
//   node scripts/conformance.mjs           fails when something fails, or when the results are not those of the document
//   node scripts/conformance.mjs --write   writes the document
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createFolderRegistry } from '../src/registry-server/folder-registry.ts';
import { startRegistryServer } from '../src/registry-server/start-registry-server.ts';
import { graphOf } from '../test/support/sample-images.ts';
import { sampleServedBundle } from '../test/support/sample-served-bundle.ts';
import { conformanceDocument } from './conformance-document.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const documentPath = join(root, 'docs', 'conformance.md');
const suite = {
  module: 'github.com/opencontainers/distribution-spec/conformance',
  version: 'v0.0.0-20260831232431-97274622c111',
};
const folder = mkdtempSync(join(tmpdir(), 'palette-edge-conformance-'));
try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main() {
  const program = buildSuite();
  const results = [await runOnRegistry(program), ...(await runOnServe(program))];
  for (const { name, counts } of results)
    console.log(`${name}: ${counts.map(([key, count]) => `${count} ${key}`).join(', ')}`);
  const failed = results.filter(({ isPassed }) => !isPassed);
  for (const { name, output } of failed) console.error(`\n${name}:\n${output}`);
  const document = conformanceDocument(suite, results);
  if (process.argv.includes('--write')) writeFileSync(documentPath, document);
  const isKnown = existsSync(documentPath) && readFileSync(documentPath, 'utf8') === document;
  if (!isKnown)
    console.error('The results are not those of docs/conformance.md: npm run conformance -- --write');
  if (failed.length > 0 || !isKnown) process.exitCode = 1;
}

function buildSuite() {
  const target = join(root, 'node_modules', '.cache', 'conformance', suite.version);
  const program = join(target, 'conformance');
  if (existsSync(program)) return program;
  mkdirSync(target, { recursive: true });
  execFileSync('go', ['install', '-trimpath', `${suite.module}@${suite.version}`], {
    env: { ...process.env, GOBIN: target, GOFLAGS: '' },
    stdio: ['ignore', 2, 2],
  });
  return program;
}

async function runOnRegistry(program) {
  const failures = [];
  const server = await startRegistryServer({
    content: createFolderRegistry(join(folder, 'registry')),
    onFailure: (error) => failures.push(error),
  });
  try {
    const result = await runSuite(program, 'The registry of demo and tests', {
      OCI_REGISTRY: server.host,
      OCI_TLS: 'disabled',
      // Optional in the specification, or only recommended, and there.
      OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
      OCI_API_BLOBS_DIGEST_HEADER: 'true',
      OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
      // Images of containers have sha256; registries need not take others.
      OCI_DATA_SHA512: 'false',
    });
    for (const failure of failures) console.error(failure);
    return { ...result, isPassed: result.isPassed && failures.length === 0 };
  } finally {
    await server.close();
  }
}

async function runOnServe(program) {
  const sample = await sampleServedBundle();
  writeFileSync(join(folder, 'edge.tar.zst'), sample.bytes);
  writeFileSync(join(folder, 'password'), 's3cret\n');
  const { blobs } = await graphOf(sample.blobs, sample.app);
  const isManifest = ({ descriptor }) => /manifest|index/.test(descriptor.mediaType);
  const digestsOf = (some) => some.map(({ descriptor }) => descriptor.digest).join(' ');
  const content = {
    OCI_REPO1: 'ghcr.io/org/app',
    OCI_API_PUSH: 'false',
    OCI_API_BLOBS_DELETE: 'false',
    OCI_API_MANIFESTS_DELETE: 'false',
    OCI_API_TAGS_DELETE: 'false',
    OCI_RO_DATA_TAGS: '1.0',
    OCI_RO_DATA_MANIFESTS: digestsOf(blobs.filter(isManifest)),
    OCI_RO_DATA_BLOBS: digestsOf(blobs.filter((blob) => !isManifest(blob))),
    OCI_RO_DATA_REFERRERS: sample.app.digest,
  };
  const plain = await serving([], async (host) => {
    return await runSuite(program, 'serve', { ...content, OCI_REGISTRY: host, OCI_TLS: 'disabled' });
  });
  const secured = ['--tls-self-signed', '--username', 'edge', '--password-file', 'password'];
  // The suite knows how not to verify a certificate, and verifies it all the same.
  const trust = { OCI_TLS: 'enabled', SSL_CERT_FILE: join(folder, 'palette-edge-serve.crt') };
  const login = { OCI_USERNAME: 'edge', OCI_PASSWORD: 's3cret' };
  return [
    plain,
    await serving(secured, async (host) => {
      const settings = { ...content, OCI_REGISTRY: host, ...trust, ...login };
      return await runSuite(program, 'serve, with TLS and a login', settings);
    }),
  ];
}

/** Runs `serve` from the sources, as users run it, while it is used. */
async function serving(flags, use) {
  const args = [join(root, 'bin', 'dev.js'), 'serve', 'edge.tar.zst', '--listen', '127.0.0.1:0', ...flags];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    const host = await new Promise((resolve, reject) => {
      let shown = '';
      child.stdout.on('data', (text) => {
        shown += text;
        const found = /^Serving on https?:\/\/(\S+)[^]*\nPull them as .*\n/.exec(shown)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once('exit', (code) => reject(new Error(`serve ended with ${code}`)));
    });
    return await use(host);
  } finally {
    child.kill('SIGINT');
    await ended;
  }
}

/**
 * Runs the suite. Its exit code says nothing when nothing is pushed: it then ends with a panic behind its last line, when it writes a report
 * that nobody reads.
 */
async function runSuite(program, name, settings) {
  const cwd = mkdtempSync(join(folder, 'run-'));
  const environment = { PATH: process.env.PATH, HOME: folder, OCI_VERSION: '1.1', ...settings };
  const child = spawn(program, [], {
    cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  await once(child, 'close');
  const summary = summaryOf(output);
  const { pass = 0, fail, error } = Object.fromEntries(summary.counts);
  const isPassed =
    Number(pass) > 0 && fail === '0' && error === '0' && /^OCI Conformance Result: Pass$/m.test(output);
  return { name, isPassed, output, ...summary };
}

/** The suite ends with lines as `  Tag listing....:   Pass`, below `OCI Conformance Result`, `API conformance` and `Data conformance`. */
function summaryOf(output) {
  const rowsBelow = (title) => {
    const [, rest = ''] = output.split(`\n${title}:`);
    const [block = ''] = rest.split('\n\n');
    return Array.from(block.matchAll(/^ {2}(\S.*?)\.+: +(\S+)$/gm), ([, key, value]) => [key, value]);
  };
  return {
    counts: rowsBelow('OCI Conformance Result').map(([key, value]) => [key.toLowerCase(), value]),
    api: rowsBelow('API conformance'),
    data: rowsBelow('Data conformance'),
  };
}
