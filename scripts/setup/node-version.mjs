import { execFileSync } from 'node:child_process';

/** The major version of a node binary; 0 when it is missing or does not run. */
export function majorOf(node) {
  return Number(versionOf(node)?.split('.')[0] ?? 0);
}

/** The version of a node binary, or undefined when it is missing or does not run. */
export function versionOf(node) {
  try {
    return execFileSync(node, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .slice(1);
  } catch {
    return undefined;
  }
}
