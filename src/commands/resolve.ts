import { Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { discoveryFlags, discoverySources } from '../cli/discovery-flags.ts';
import { imageSourceFlags, imageSources } from '../cli/image-source-flags.ts';
import { paletteFlags, paletteRequest } from '../cli/palette-flags.ts';
import { registryFlags } from '../cli/registry-flags.ts';
import { typedKeyWarnings, wirePalette } from '../cli/wire-palette.ts';
import { explainImages } from '../profile/explain-images.ts';
import type { Explanation } from '../profile/explain-images.ts';
import { explainView } from '../views/explain-view.ts';
import { plainResolveView, resolveView } from '../views/resolve-view.ts';
import { retryView } from '../views/retry-view.ts';
import { warningView } from '../views/warning-view.ts';
import { resolveImages } from '../workflows/resolve-images.ts';
import type { ResolvedImages } from '../workflows/resolve-images.ts';

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
    {
      description: 'Why each image is there, and what was passed over:',
      command: '<%= config.bin %> <%= command.id %> --profile infra.json --explain',
    },
    {
      description: 'Refuse a profile with any known mistake, or with an image that no list has:',
      command: '<%= config.bin %> <%= command.id %> --profile infra.json --strict',
    },
  ];

  static override flags = {
    ...imageSourceFlags,
    ...discoveryFlags,
    ...paletteFlags,
    'plain-http': registryFlags['plain-http'],
    insecure: registryFlags.insecure,
    'ca-cert': registryFlags['ca-cert'],
    'cert-dir': registryFlags['cert-dir'],
    explain: Flags.boolean({
      helpGroup: 'OUTPUT',
      summary: 'Print profile, layer, pack and key of each image as a tree, and what was skipped and why.',
      default: false,
      exclusive: ['plain'],
    }),
    plain: Flags.boolean({
      helpGroup: 'OUTPUT',
      summary: 'Print references only, one on each line.',
      default: false,
    }),
  };

  async run(): Promise<ResolvedImages & { readonly explanation: Explanation | undefined }> {
    const { flags } = await this.parse(Resolve);
    for (const warning of typedKeyWarnings(this.argv)) this.tell(warningView(warning));
    const palette = paletteRequest(flags);
    const sources = { ...imageSources(flags, palette), ...discoverySources(flags) };
    const tellRetry = (retry: Parameters<typeof retryView>[0]): void => this.tell(retryView(retry));
    await using wiring = palette === undefined ? undefined : await wirePalette(flags, this.config, tellRetry);
    const access = wiring === undefined ? undefined : { client: wiring.client, signal: this.signal };
    const result = await resolveImages(sources, access);
    for (const warning of result.warnings) this.tell(warningView(warning));
    const explanation = flags.explain ? explainImages(result) : undefined;
    if (explanation !== undefined) this.show(explainView(explanation, result.excluded));
    else if (result.images.length === 0) this.tell('No images are named.');
    else this.show(flags.plain ? plainResolveView(result) : resolveView(result));
    return { ...result, explanation };
  }
}
