import { Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { buildListener } from '../cli/build-listener.ts';
import {
  definableInput,
  definitionToWrite,
  resolveDefinitionFlags,
  textsToWrite,
} from '../cli/definition-flags.ts';
import type { DefinableFlags } from '../cli/definition-flags.ts';
import { discoveryFlags, discoverySources } from '../cli/discovery-flags.ts';
import type { DiscoveryFlags } from '../cli/discovery-flags.ts';
import { imageSignatureRules, pinnedImageKeyFlags } from '../cli/image-key-flags.ts';
import { imageSourceFlags } from '../cli/image-source-flags.ts';
import { requirePath } from '../cli/output-path.ts';
import { paletteFlags } from '../cli/palette-flags.ts';
import type { PaletteAccessFlags } from '../cli/palette-flags.ts';
import { platformFlags } from '../cli/platform-flags.ts';
import { registryFlags } from '../cli/registry-flags.ts';
import type { RegistryFlags } from '../cli/registry-flags.ts';
import { contentFlags, scopeFlags } from '../cli/scope-flags.ts';
import { storeFlags } from '../cli/store-flags.ts';
import { typedKeyWarnings, wirePalette } from '../cli/wire-palette.ts';
import type { ReachFlags } from '../cli/wire-palette.ts';
import { wireDefinition } from '../cli/wire-definition.ts';
import { wireRegistry } from '../cli/wire-registry.ts';
import type { RetryEvent } from '../registry/registry-transport.ts';
import { withoutQuery } from '../profile/requested-chart.ts';
import { explainImages } from '../profile/explain-images.ts';
import type { Explanation } from '../profile/explain-images.ts';
import { definitionCheckView, writtenDefinitionView } from '../views/definition-view.ts';
import { excludedView } from '../views/excluded-view.ts';
import { explainView } from '../views/explain-view.ts';
import { plainResolveView, resolveView } from '../views/resolve-view.ts';
import { retryView } from '../views/retry-view.ts';
import { warningView } from '../views/warning-view.ts';
import { loadDefinition } from '../workflows/load-definition.ts';
import type { LoadedDefinition } from '../workflows/load-definition.ts';
import { checkDefinition } from '../workflows/check-definition.ts';
import type { DefinitionCheck } from '../workflows/check-definition.ts';
import { asksPalette, resolveImages } from '../workflows/resolve-images.ts';
import type { ChartSource, ImageSources, ResolvedImages } from '../workflows/resolve-images.ts';
import { writeDefinition } from '../workflows/write-definition.ts';
import type { WrittenDefinition } from '../workflows/write-definition.ts';

/** What `resolve` prints with `--json`: a definition that was written or checked, or the images. */
type ResolveOutcome =
  | DefinitionCheck
  | WrittenDefinition
  | (ResolvedImages & { readonly explanation: Explanation | undefined });

/** What `--write` takes into account. */
type WriteFlags = DefinableFlags &
  DiscoveryFlags &
  RegistryFlags &
  PaletteAccessFlags & {
    readonly offline: boolean;
    readonly update: boolean;
    readonly 'verify-image-key': readonly string[];
    readonly store?: readonly string[];
    readonly 'existing-bundle': readonly string[];
  };

/** `palette-edge resolve` */
export default class Resolve extends BaseCommand {
  static override summary = 'Shows the images that profiles, lists and manifests name, and where.';
  static override description = `Nothing is asked of any registry but with --write and --check, and nothing of Palette unless a flag names something there. Warnings tell what is likely a mistake: misspelt keys, packs without an image list, tags that move.`;
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
    {
      description: 'Pin everything, so that it can be built again on any day:',
      command: '<%= config.bin %> <%= command.id %> --profile infra.json --write bundle-definition.yaml',
    },
    {
      description: 'See which tags have moved since:',
      command: '<%= config.bin %> <%= command.id %> --check bundle-definition.yaml',
    },
  ];

  static override flags = {
    ...imageSourceFlags,
    ...discoveryFlags,
    ...paletteFlags,
    ...resolveDefinitionFlags,
    ...scopeFlags,
    ...contentFlags,
    ...platformFlags,
    ...registryFlags,
    ...pinnedImageKeyFlags,
    ...storeFlags,
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

  async run(): Promise<ResolveOutcome> {
    const { flags } = await this.parse(Resolve);
    for (const warning of typedKeyWarnings(this.argv)) this.tell(warningView(warning));
    if (flags.check !== undefined) return await this.#check(flags.check, flags);
    if (flags.write !== undefined) return await this.#write(flags.write, flags);
    const { sources } = definableInput(flags, {});
    const result = await this.#resolve({ ...sources, ...discoverySources(flags) }, flags);
    const explanation = flags.explain ? explainImages(result) : undefined;
    if (explanation !== undefined) this.show(explainView(explanation, result.excluded));
    else if (result.images.length + result.charts.length === 0) this.tellNews('No images are named.');
    else if (flags.plain) this.print(plainResolveView(result));
    else this.show(resolveView(result));
    return { ...shownResult(result), explanation };
  }

  async #resolve(
    sources: ImageSources,
    flags: PaletteAccessFlags & ReachFlags,
    charts?: ChartSource,
  ): Promise<ResolvedImages> {
    const tellRetry = (retry: Parameters<typeof retryView>[0]): void => this.tellNews(retryView(retry));
    await using wiring = asksPalette(sources) ? await wirePalette(flags, this.config, tellRetry) : undefined;
    const access = wiring === undefined ? undefined : { client: wiring.client, signal: this.signal };
    const result = await resolveImages(sources, access, charts);
    for (const warning of result.warnings) this.tell(warningView(warning));
    for (const excluded of result.excluded) this.tellNews(excludedView(excluded));
    return result;
  }

  async #write(path: string, flags: WriteFlags): Promise<WrittenDefinition> {
    const existing = await definitionToWrite(path);
    const imageKeys = await imageSignatureRules(flags['verify-image-key']);
    const definable = definableInput(flags, { target: existing });
    using progress = this.progress();
    await using wiring = await wireDefinition(flags, this.config, {
      listener: buildListener(progress, true),
      signal: this.signal,
    });
    const { charts, ...resources } = wiring;
    const before = beforeWriting(existing, flags);
    const sources = { ...definable.sources, ...discoverySources(flags), before };
    const requests = await this.#resolve(sources, flags, charts);
    const input = { ...definable, ...textsToWrite(flags, existing), path, existing, requests };
    const written = await writeDefinition(
      { ...input, isUpdate: flags.update, imageKeys },
      { ...resources, signal: this.signal },
    );
    progress.close();
    for (const warning of written.warnings) this.tell(warningView(warning));
    this.show(writtenDefinitionView(written));
    return { ...written, warnings: [...requests.warnings, ...written.warnings] };
  }

  async #check(path: string, flags: RegistryFlags): Promise<DefinitionCheck> {
    const loaded = await loadDefinition(requirePath(path, '--check FILE'));
    await using wiring = await wireRegistry(flags, this.#userAgent);
    const registry = wiring.createRegistryClient((retry) => this.#tellRetry(retry));
    const repositories = wiring.createChartRepositories((retry) => this.#tellRetry(retry));
    const check = await checkDefinition(loaded, { registry, repositories, signal: this.signal });
    this.show(definitionCheckView(check));
    if (check.moved.length + check.gone.length > 0) this.endWith('differences');
    else if (check.unknown.length > 0) this.endWith('incomplete');
    return check;
  }

  get #userAgent(): string {
    return `${this.config.bin}/${this.config.version}`;
  }

  #tellRetry(retry: RetryEvent): void {
    this.tellNews(retryView(retry));
  }
}

/** Digests that are brought up to date are no longer what holds, unless nobody is asked. */
function beforeWriting(
  existing: LoadedDefinition | undefined,
  { update, offline }: Pick<WriteFlags, 'update' | 'offline'>,
): NonNullable<ImageSources['before']> {
  const { images, charts } = existing?.definition ?? { images: [], charts: [] };
  return { images, charts: update && !offline ? [] : charts };
}

/** Printed with --json: the query of a repository may be a secret. */
function shownResult(result: ResolvedImages): ResolvedImages {
  const charts = result.charts.map((chart) => ({ ...chart, repository: withoutQuery(chart.repository) }));
  return { ...result, charts };
}
