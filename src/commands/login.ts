import { Args, Flags } from '@oclif/core';

import { askLogin } from '../cli/ask-login.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { loginFlags, wireLoginStore } from '../cli/login-flags.ts';
import { registryFlags } from '../cli/registry-flags.ts';
import { wireRegistry } from '../cli/wire-registry.ts';
import { PaletteEdgeError } from '../errors.ts';
import { loginView } from '../views/login-view.ts';
import { logIn } from '../workflows/log-in.ts';
import type { LoginResult } from '../workflows/log-in.ts';
import { parseRegistryHost } from '../workflows/registry-host.ts';

/** `palette-edge login` */
export default class Login extends BaseCommand {
  static override summary = 'Logs in to a registry, and keeps the password for builds.';
  static override description = `Asks for the password at a terminal, and reads it from standard input else. It is tried at the registry first: a wrong one is not kept.

The password is kept as docker login does: with the credential helper of the Docker config when there is one, else in that file. docker, podman and skopeo can use it, too.`;
  static override examples = [
    {
      description: 'Log in, and be asked for the password:',
      command: '<%= config.bin %> <%= command.id %> ghcr.io --username edge',
    },
    {
      description: 'In a script, with the password in a file:',
      command: '<%= config.bin %> <%= command.id %> ghcr.io --username edge < password.txt',
    },
  ];

  static override args = {
    host: Args.string({ description: 'A registry, HOST or HOST:PORT.', required: true, ignoreStdin: true }),
  };

  static override flags = {
    ...loginFlags,
    username: Flags.string({ char: 'u', helpValue: 'USER', summary: 'User name; asked for at a terminal.' }),
    // Other tools take it: whoever types it is told why not, and it is not shown as an unknown word.
    password: Flags.string({ char: 'p', hidden: true }),
    'password-stdin': Flags.boolean({
      summary: 'Read the password from standard input: what happens anyway where that is no terminal.',
    }),
    'plain-http': registryFlags['plain-http'],
    insecure: registryFlags.insecure,
    'ca-cert': registryFlags['ca-cert'],
    'cert-dir': registryFlags['cert-dir'],
    'registries-file': registryFlags['registries-file'],
  };

  async run(): Promise<LoginResult> {
    const { args, flags } = await this.parse(Login);
    if (flags.password !== undefined) throw passwordRefused(this.config.bin);
    const registry = parseRegistryHost(args.host);
    // A login is tried at the registry itself, and has nothing to download.
    const elsewhere = { concurrency: 1, 'cred-file-path': undefined, mirror: [], 'max-rate': undefined };
    const reach = { ...flags, ...elsewhere };
    await using wiring = await wireRegistry(reach, `${this.config.bin}/${this.config.version}`);
    const login = await askLogin(flags.username, this.signal);
    const resources = { http: wiring.http, store: wireLoginStore(flags['auth-file']) };
    const result = await logIn({ registry, ...login }, resources, this.signal);
    this.show(loginView(result));
    return result;
  }
}

function passwordRefused(bin: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'LOGIN_INVALID',
    '--password is not taken: others on this machine can read the arguments of a process',
    {
      kind: 'usage',
      suggestions: [
        `Be asked for it: ${bin} login HOST --username USER`,
        `Or give it on standard input: ${bin} login HOST --username USER < FILE`,
      ],
    },
  );
}
