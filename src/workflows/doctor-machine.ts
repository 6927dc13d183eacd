import { X509Certificate } from 'node:crypto';
import { access, constants, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { systemErrorCode, wordDiskError } from '../errors.ts';
import { readAuthorities } from '../http/host-tls.ts';
import type { Proxies, Proxy } from '../http/proxies.ts';
import { formatByteSize } from '../io/byte-size.ts';
import { freeSpace } from '../io/free-space.ts';
import { checkXorriso } from '../iso/xorriso.ts';
import { runProgram } from '../runtime/run-program.ts';
import { fine, tried } from './doctor-check.ts';
import type { DoctorCheck } from './doctor-check.ts';
import { readSourceFile } from './read-source-file.ts';

/** What is looked at on this machine. */
export interface DoctorMachine {
  readonly nodeVersion: string;
  /** Of the library within Node; undefined where it has none. */
  readonly zstdVersion: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Paths of programs; undefined when the PATH has none. */
  readonly programs: { readonly xorriso: string | undefined; readonly helm: string | undefined };
  /** Names of what `load` finds. */
  readonly runtimes: readonly string[];
  /** Where bytes go, with the flag or variable that says so. */
  readonly folders: readonly { readonly path: string; readonly use: string; readonly remedy: string }[];
  readonly proxies: () => Proxies;
  /** Paths of authorities that are trusted besides the system's, with who says so. */
  readonly authorities: readonly { readonly path: string; readonly origin: string }[];
  /** Where Linux tells the limits of this process. */
  readonly limitsPath: string;
}

/** https://github.com/nodejs/release: the last day of support, by major version. */
const lastDays: Readonly<Partial<Record<number, string>>> = {
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
};

const scarce = 10 * 1000 ** 3;
const tooLittle = 1000 ** 3;
const fewFiles = 1024;
const mostOwnAuthorities = 20;
const month = 30 * 24 * 60 * 60 * 1000;

/** Looks at this machine, asking nothing of any network. */
export async function checkMachine(machine: DoctorMachine, signal: AbortSignal): Promise<DoctorCheck[]> {
  const folders = [];
  for (const folder of machine.folders) folders.push(await checkFolder(folder));
  const authorities = [];
  for (const authority of machine.authorities) {
    authorities.push(await checkAuthorities(authority, machine.now));
  }
  return [
    checkNode(machine),
    checkZstd(machine),
    await checkXorrisoProgram(machine, signal),
    await checkHelm(machine, signal),
    checkRuntimes(machine),
    ...folders,
    ...(await checkFileLimit(machine)),
    await tried('proxies', 'problem', async () => await Promise.resolve(checkProxies(machine))),
    ...authorities,
  ];
}

function checkNode({ nodeVersion, now }: DoctorMachine): DoctorCheck {
  const lastDay = lastDays[Number(nodeVersion.split('.', 1)[0])];
  if (lastDay === undefined) return fine('node', nodeVersion);
  if (now < Date.parse(`${lastDay}T23:59:59Z`))
    return fine('node', `${nodeVersion}, supported until ${lastDay}`);
  return {
    name: 'node',
    status: 'warning',
    detail: `${nodeVersion} gets no security updates since ${lastDay}`,
    remedies: [
      'Install a newer one: https://nodejs.org',
      'Or use the standalone executable of palette-edge.',
    ],
  };
}

function checkZstd({ zstdVersion }: DoctorMachine): DoctorCheck {
  if (zstdVersion !== undefined) return fine('zstd', `${zstdVersion}, within Node`);
  return {
    name: 'zstd',
    status: 'problem',
    detail: 'this Node was built without zstd, which bundles are compressed with',
    remedies: ['Install Node 24 or newer from https://nodejs.org'],
  };
}

async function checkXorrisoProgram({ programs }: DoctorMachine, signal: AbortSignal): Promise<DoctorCheck> {
  return await tried('xorriso', 'warning', async () => {
    const version = await checkXorriso({ xorriso: programs.xorriso, signal });
    return fine('xorriso', `${version}, ${programs.xorriso}`);
  });
}

async function checkHelm({ programs: { helm } }: DoctorMachine, signal: AbortSignal): Promise<DoctorCheck> {
  if (helm === undefined) {
    return {
      name: 'helm',
      status: 'warning',
      detail: 'not on the PATH: images that only the templates of charts name are not found',
      remedies: ['https://helm.sh/docs/intro/install'],
    };
  }
  return await tried('helm', 'warning', async () => {
    const version = await runProgram(helm, ['version', '--short'], { signal, timeout: 30_000 });
    return fine('helm', `${version.trim()}, ${helm}`);
  });
}

/** None is no fault: a machine that builds need not run containers. */
function checkRuntimes({ runtimes }: DoctorMachine): DoctorCheck {
  const found = runtimes.length === 0 ? 'none found, which only load needs' : runtimes.join(', ');
  return fine('container runtimes', found);
}

async function checkFolder({ path, use, remedy }: DoctorMachine['folders'][number]): Promise<DoctorCheck> {
  const name = `space for ${use}`;
  return await tried(name, 'problem', async () => {
    try {
      await requireWritable(resolve(path));
      const { bytes } = await freeSpace(path);
      const detail = `${formatByteSize(bytes)} free at ${path}`;
      if (bytes >= scarce) return fine(name, detail);
      const status = bytes < tooLittle ? 'problem' : 'warning';
      return { name, status, detail: `only ${detail}`, remedies: [`Free some space, or ${remedy}`] };
    } catch (error) {
      throw wordDiskError(error, `writing to ${path}`);
    }
  });
}

/** What is not there yet will be made: its nearest parent counts. */
async function requireWritable(path: string): Promise<void> {
  try {
    await access(path, constants.W_OK);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await requireWritable(dirname(path));
  }
}

/** Nothing where the system does not tell. */
async function checkFileLimit({ limitsPath }: DoctorMachine): Promise<DoctorCheck[]> {
  const text = await readFile(limitsPath, 'utf8').catch(() => '');
  const limit = /^Max open files +(\d+|unlimited)/m.exec(text)?.[1];
  if (limit === undefined) return [];
  const name = 'open files';
  if (limit === 'unlimited' || Number(limit) >= fewFiles) return [fine(name, `${limit} at a time`)];
  const detail = `only ${limit} at a time: many downloads side by side, or bundles in many parts, may fail`;
  return [{ name, status: 'warning', detail, remedies: ['Raise the limit: ulimit -n 4096'] }];
}

/** Without user and password of a proxy. */
function checkProxies({ proxies }: DoctorMachine): DoctorCheck {
  const { http, https, noProxy } = proxies();
  const used = [...shownProxy('HTTPS', https), ...shownProxy('HTTP', http)];
  if (used.length === 0) return fine('proxies', 'none in the environment');
  const except = noProxy === '' ? 'NO_PROXY is not set' : `except ${noProxy} (NO_PROXY)`;
  return fine('proxies', [...used, except].join('; '));
}

function shownProxy(kind: string, proxy: Proxy | undefined): string[] {
  return proxy === undefined ? [] : [`${kind} through ${proxy.url.host} (${proxy.variable})`];
}

/** One of all public authorities is always about to expire: only files with few are somebody's own. */
async function checkAuthorities(
  { path, origin }: DoctorMachine['authorities'][number],
  now: number,
): Promise<DoctorCheck> {
  const name = `authorities of ${origin}`;
  return await tried(name, 'problem', async () => {
    const { text } = await readSourceFile(path, 'CA certificate');
    const certificates = readAuthorities([{ name: path, pem: text }]).map((pem) => new X509Certificate(pem));
    const old = certificates.filter(({ validToDate }) => validToDate.getTime() < now + month);
    const [first] = old;
    const detail = `${path}, ${certificates.length === 1 ? '1 certificate' : `${certificates.length} certificates`}`;
    if (first === undefined || certificates.length > mostOwnAuthorities) return fine(name, detail);
    const isOver = first.validToDate.getTime() < now;
    const day = first.validToDate.toISOString().slice(0, 10);
    return {
      name,
      status: certificates.every(({ validToDate }) => validToDate.getTime() < now) ? 'problem' : 'warning',
      detail: `${detail}; one ${isOver ? 'expired' : 'expires'} on ${day}: ${first.subject.replaceAll('\n', ', ')}`,
      remedies: ['Get the new certificate from whoever runs that authority.'],
    };
  });
}
