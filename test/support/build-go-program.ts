import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../node_modules/.cache/go-programs', import.meta.url));

/** A Go program: the files of its module, and the release of Go that builds it when the one on this machine must not. */
export interface GoProgram {
  readonly files: Readonly<Record<string, string>>;
  readonly toolchain?: string;
}

/**
 * The path of a Go program, which is built once. Modules and toolchains come from Go's proxy, once.
 *
 * @throws Error with what Go said
 */
export function buildGoProgram({ files, toolchain }: GoProgram): string {
  const name = createHash('sha256').update(JSON.stringify({ files, toolchain })).digest('hex').slice(0, 16);
  const binary = join(cache, name);
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  // Several test files may build it at once: each in a folder of its own.
  const folder = mkdtempSync(join(cache, 'build-'));
  try {
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
    const env = { ...process.env, GOFLAGS: '-mod=mod', ...(toolchain && { GOTOOLCHAIN: toolchain }) };
    execFileSync('go', ['build', '-trimpath', '-o', 'program', '.'], { cwd: folder, env });
    renameSync(join(folder, 'program'), binary);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return binary;
}
