import { Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { imageSourceFlags, imageSources } from '../cli/image-source-flags.ts';
import { paletteFlags, paletteRequest } from '../cli/palette-flags.ts';
import { registryFlags } from '../cli/registry-flags.ts';
import { typedKeyWarnings, wirePalette } from '../cli/wire-palette.ts';
import type { ImageRequests } from '../profile/request-images.ts';
import { plainResolveView, resolveView } from '../views/resolve-view.ts';
import { retryView } from '../views/retry-view.ts';
import { warningView } from '../views/warning-view.ts';
import { resolveImages } from '../workflows/resolve-images.ts';

/** `palette-edge resolve` */
export default class Resolve extends BaseCommand {
  static override summary = 'Shows the images that profiles, lists and manifests name, and where.';
  static override description = `Nothing is asked of any registry, and nothing of Palette unless a flag names something there. Warnings tell what is likely a mistake: misspelt keys, packs without an image list, tags that move.`;
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
    ...paletteFlags,
    'plain-http': registryFlags['plain-http'],
    insecure: registryFlags.insecure,
    'ca-cert': registryFlags['ca-cert'],
    'cert-dir': registryFlags['cert-dir'],
    plain: Flags.boolean({
      helpGroup: 'OUTPUT',
      summary: 'Print references only, one on each line.',
      default: false,
    }),
  };

  async run(): Promise<ImageRequests> {
    const { flags } = await this.parse(Resolve);
    for (const warning of typedKeyWarnings(this.argv)) this.tell(warningView(warning));
    const palette = paletteRequest(flags);
    const sources = imageSources(flags, palette);
    const tellRetry = (retry: Parameters<typeof retryView>[0]): void => this.tell(retryView(retry));
    await using wiring = palette === undefined ? undefined : await wirePalette(flags, this.config, tellRetry);
    const access = wiring === undefined ? undefined : { client: wiring.client, signal: this.signal };
    const result = await resolveImages(sources, access);
    for (const warning of result.warnings) this.tell(warningView(warning));
    const text = flags.plain ? plainResolveView(result) : resolveView(result);
    if (result.images.length === 0) this.tell('No images are named.');
    else this.show(text);
    return result;
  }
}
