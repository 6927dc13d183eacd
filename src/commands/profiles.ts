import { BaseCommand } from '../cli/base-command.ts';
import { paletteAccessFlags } from '../cli/palette-flags.ts';
import { registryFlags } from '../cli/registry-flags.ts';
import { typedKeyWarnings, wirePalette } from '../cli/wire-palette.ts';
import { profilesView } from '../views/profiles-view.ts';
import { retryView } from '../views/retry-view.ts';
import { warningView } from '../views/warning-view.ts';
import { listProfiles } from '../workflows/list-profiles.ts';
import type { ProfileList } from '../workflows/list-profiles.ts';

/** `palette-edge profiles` */
export default class Profiles extends BaseCommand {
  static override summary = 'Lists the cluster profiles of a project in Palette, with their uids.';
  static override description = `Every version of a profile has a uid of its own: that is what --cluster-profile-ids takes.`;
  static override examples = [
    {
      description: 'The profiles of a project:',
      command: 'PALETTE_API_KEY=… <%= config.bin %> <%= command.id %> --project-id 5f7a5fcb8cd71a1dbc1d8b0c',
    },
  ];

  static override flags = {
    ...paletteAccessFlags,
    'plain-http': registryFlags['plain-http'],
    insecure: registryFlags.insecure,
    'ca-cert': registryFlags['ca-cert'],
    'cert-dir': registryFlags['cert-dir'],
  };

  async run(): Promise<ProfileList> {
    const { flags } = await this.parse(Profiles);
    for (const warning of typedKeyWarnings(this.argv)) this.tell(warningView(warning));
    await using wiring = await wirePalette(flags, this.config, (retry) => this.tellNews(retryView(retry)));
    const result = await listProfiles({ client: wiring.client, signal: this.signal });
    if (result.profiles.length === 0) this.tellNews('There are no cluster profiles.');
    else this.show(profilesView(result));
    return result;
  }
}
