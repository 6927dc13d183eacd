import { Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { imageSourceFlags, imageSources } from '../cli/image-source-flags.ts';
import type { ImageRequests } from '../profile/request-images.ts';
import { plainResolveView, resolveView } from '../views/resolve-view.ts';
import { warningView } from '../views/warning-view.ts';
import { resolveImages } from '../workflows/resolve-images.ts';

/** `palette-edge resolve` */
export default class Resolve extends BaseCommand {
  static override summary = 'Shows the images that profiles, lists and manifests name, and where. Offline.';
  static override description = `Nothing is asked of any registry. Warnings tell what is likely a mistake: misspelt keys, packs without an image list, tags that move.`;
  static override examples = [
    {
      description: 'Every image of a profile with the pack and line that asks for it:',
      command: '<%= config.bin %> <%= command.id %> --profile infra.json',
    },
    {
      description: 'References only, for other tools:',
      command: '<%= config.bin %> <%= command.id %> --profile infra.json --plain',
    },
  ];

  static override flags = {
    ...imageSourceFlags,
    plain: Flags.boolean({
      helpGroup: 'OUTPUT',
      summary: 'Print references only, one on each line.',
      default: false,
    }),
  };

  async run(): Promise<ImageRequests> {
    const { flags } = await this.parse(Resolve);
    const result = await resolveImages(imageSources(flags));
    for (const warning of result.warnings) this.tell(warningView(warning));
    const text = flags.plain ? plainResolveView(result) : resolveView(result);
    if (result.images.length === 0) this.tell('No images are named.');
    else this.show(text);
    return result;
  }
}
