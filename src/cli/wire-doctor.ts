import type { Config } from '@oclif/core';

import type { DoctorMachine } from '../workflows/doctor-machine.ts';
import { findProgram } from './discovery-flags.ts';
import { diskFolder } from './disk-folder.ts';
import { proxiesOf } from './proxy-environment.ts';
import { storeFolder } from './store-folder.ts';
import type { StoreFlags } from './store-folder.ts';
import { runtimesHere } from './wire-load.ts';

/** The flags that say where things are. */
interface DoctorFlags extends StoreFlags {
  readonly output: string | undefined;
  readonly 'ca-cert': readonly string[];
}

/** This machine, as a check of it sees it. */
export async function wireDoctor(flags: DoctorFlags, config: Config): Promise<DoctorMachine> {
  const { PATH: path, NODE_EXTRA_CA_CERTS: extra = '' } = process.env;
  return {
    nodeVersion: process.versions.node,
    zstdVersion: process.versions['zstd'],
    now: Date.now(),
    programs: { xorriso: findProgram('xorriso', path), helm: findProgram('helm', path) },
    runtimes: await runtimesHere(),
    folders: [
      { path: storeFolder(flags, config), use: 'the store', remedy: 'name another place: --store DIR' },
      { path: diskFolder(), use: 'temporary files', remedy: 'name another place: TMPDIR=DIR' },
      { path: flags.output ?? '.', use: 'output', remedy: 'write elsewhere: --output FILE' },
    ],
    proxies: () => proxiesOf(process.env),
    authorities: [
      ...flags['ca-cert'].map((file) => ({ path: file, origin: '--ca-cert' })),
      ...(extra === '' ? [] : [{ path: extra, origin: 'NODE_EXTRA_CA_CERTS' }]),
    ],
    limitsPath: '/proc/self/limits',
  };
}
