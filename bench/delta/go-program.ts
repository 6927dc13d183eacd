import { execFile } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const runFile = promisify(execFile);

/** A program that users run, built as releases are: what is between two builds of it is what one changed line makes of 50 MB. */
const program = { module: 'helm.sh/helm/v3', version: 'v3.22.0', package: './cmd/helm' };

/** The line that changes, and what it becomes in each build. */
const line = {
  file: 'cmd/helm/version.go',
  before: 'fmt.Fprintln(out, formatVersion(o.short))',
  after: [
    'fmt.Fprintln(out, formatVersion(o.short))',
    'fmt.Fprintln(out, "version:", formatVersion(o.short))',
  ],
} as const;

/** Files with Helm, as it is and with one other line, in the cache. Modules come from Go's proxy, once. */
export async function goProgram(cache: string): Promise<readonly [before: string, after: string]> {
  const paths = [join(cache, 'go', 'helm-1'), join(cache, 'go', 'helm-2')] as const;
  for (const [index, path] of paths.entries())
    if (!(await isThere(path))) await build(path, line.after[index]);
  return paths;
}

async function build(path: string, text = ''): Promise<void> {
  console.error(`building ${program.module} for ${path}`);
  await mkdir(join(path, '..'), { recursive: true });
  // The folder is not in the program: -trimpath.
  const work = await mkdtemp(`${path}-`);
  try {
    const source = await moduleFolder();
    await cp(source, join(work, 'source'), { recursive: true });
    await runFile('chmod', ['-R', 'u+w', work]);
    const changed = join(work, 'source', line.file);
    const before = await readFile(changed, 'utf8');
    if (!before.includes(line.before)) throw new Error(`${line.file} has no line ${line.before}`);
    await writeFile(changed, before.replace(line.before, text));
    const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', join(work, 'program')];
    const env = { ...process.env, CGO_ENABLED: '0' };
    await runFile('go', [...args, program.package], { cwd: join(work, 'source'), env });
    await rename(join(work, 'program'), path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function moduleFolder(): Promise<string> {
  const { stdout } = await runFile('go', [
    'mod',
    'download',
    '-json',
    `${program.module}@${program.version}`,
  ]);
  const { Dir }: { readonly Dir: string } = JSON.parse(stdout);
  return Dir;
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
