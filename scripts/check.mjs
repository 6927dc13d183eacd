// Everything that can be said about the code without running its tests: all checks, one line each, then the output of those
// that failed.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const checks = {
  format: scripts['format:check'],
  lint: scripts.lint,
  types: scripts.typecheck,
  layers: scripts.layers,
  'dead code': scripts.knip,
  docs: `${scripts.docs} --check`,
};

const results = await Promise.all(
  Object.entries(checks).map(async ([name, command]) => {
    const result = await run(command);
    console.log(`${result.passed ? 'ok    ' : 'FAILED'} ${name.padEnd(10)} ${result.seconds.toFixed(1)} s`);
    return { name, command, ...result };
  }),
);

const failed = results.filter(({ passed }) => !passed);
for (const { name, command, output } of failed) console.log(`\n--- ${name}: ${command}\n${output.trimEnd()}`);
if (failed.length > 0) process.exitCode = 1;

/** Runs one of package.json's scripts as npm would, without npm's half a second. */
function run(command) {
  const started = performance.now();
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  const child = spawn(command, {
    cwd: root,
    shell: true,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (text) => {
    output += text;
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ passed: code === 0, output, seconds: (performance.now() - started) / 1000 }),
    );
  });
}
