import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { loginFlags, wireCredentials, wireLoginStore } from '../cli/login-flags.ts';
import { logoutView } from '../views/login-view.ts';
import { logOut } from '../workflows/log-out.ts';
import type { LogoutResult } from '../workflows/log-out.ts';

/** `palette-edge logout` */
export default class Logout extends BaseCommand {
  static override summary = 'Forgets the login to a registry.';
  static override description = `Takes the password out of the Docker config, and out of its credential helper when there is one. What other files have for the registry is told, not touched.`;
  static override examples = [
    { description: 'Log out:', command: '<%= config.bin %> <%= command.id %> ghcr.io' },
  ];

  static override args = {
    host: Args.string({ description: 'A registry, HOST or HOST:PORT.', required: true, ignoreStdin: true }),
  };

  static override flags = loginFlags;

  async run(): Promise<LogoutResult> {
    const { args, flags } = await this.parse(Logout);
    const store = wireLoginStore(flags['auth-file']);
    const result = await logOut(args.host, { store, credentials: wireCredentials() }, this.signal);
    this.show(logoutView(result));
    return result;
  }
}
