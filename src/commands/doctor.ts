import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { imageSourceFlags, imageSources } from '../cli/image-source-flags.ts';
import type { ImageSourceFlags } from '../cli/image-source-flags.ts';
import { registryFlags } from '../cli/registry-flags.ts';
import type { RegistryFlags } from '../cli/registry-flags.ts';
import { storeFlags } from '../cli/store-flags.ts';
import { sharedStoreUrls } from '../cli/store-folder.ts';
import type { StoreFlags } from '../cli/store-folder.ts';
import { wireDoctor } from '../cli/wire-doctor.ts';
import { wireRegistry } from '../cli/wire-registry.ts';
import { wireSharedStores } from '../cli/wire-shared-stores.ts';
import { parseReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import { doctorView } from '../views/doctor-view.ts';
import { retryView } from '../views/retry-view.ts';
import { fine, tried } from '../workflows/doctor-check.ts';
import type { DoctorCheck, DoctorResult } from '../workflows/doctor-check.ts';
import { checkMachine } from '../workflows/doctor-machine.ts';
import { checkRegistries } from '../workflows/doctor-registries.ts';
import type { DoctorRegistriesInput } from '../workflows/doctor-registries.ts';
import { checkSharedStores } from '../workflows/doctor-shared-stores.ts';
import { parseRegistryHost } from '../workflows/registry-host.ts';
import { resolveImages } from '../workflows/resolve-images.ts';

type SourceFlags = Pick<ImageSourceFlags, 'profile' | 'image' | 'var' | 'macro'>;

/** `palette-edge doctor` */
export default class Doctor extends BaseCommand {
  static override summary =
    'Looks for what keeps this machine from building: programs, space, proxies, registries.';
  static override description = `Tells of each thing whether it is well, why not, and what to do. Registries that are named, and those of the images, are asked whether they can be reached, whether the clocks agree, and whether the login that a build would find is good; of each image, whether it can be pulled; shared stores, whether they can be read.

Exits with 1 when there is a problem. A warning is what only some commands need.`;
  static override examples = [
    { description: 'This machine, asking no network:', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'A registry and the login to it:',
      command: '<%= config.bin %> <%= command.id %> ghcr.io',
    },
    {
      description: 'Everything that a build of this profile would ask:',
      command: '<%= config.bin %> <%= command.id %> --profile infra.json',
    },
  ];

  static override args = {
    registries: Args.string({
      description: 'Registries, HOST or HOST:PORT.',
      multiple: true,
      ignoreStdin: true,
      default: [],
    }),
  };

  static override flags = {
    profile: imageSourceFlags.profile,
    image: imageSourceFlags.image,
    var: imageSourceFlags.var,
    macro: imageSourceFlags.macro,
    ...registryFlags,
    ...storeFlags,
    output: Flags.file({
      char: 'o',
      helpGroup: 'OUTPUT',
      helpValue: 'FILE',
      summary: 'Where the bundle would be written.',
    }),
  };

  async run(): Promise<DoctorResult> {
    const { args, flags } = await this.parse(Doctor);
    const registries = args.registries.map((host) => parseRegistryHost(host));
    const images = await this.#images(flags);
    const machine = await checkMachine(await wireDoctor(flags, this.config), this.signal);
    const asked = await this.#ask({ registries, images }, flags);
    const shared = await this.#askSharedStores(flags);
    const result = { checks: [fine(this.config.bin, this.config.version), ...machine, ...asked, ...shared] };
    this.show(doctorView(result));
    if (result.checks.some(({ status }) => status === 'problem')) this.endWith('failure');
    return result;
  }

  async #images(flags: SourceFlags): Promise<Reference[]> {
    if (flags.profile.length + flags.image.length === 0) return [];
    const sources = imageSources({ ...flags, 'images-file': [], manifest: [] });
    const { images } = await resolveImages(sources);
    return images.map(({ name }) => parseReference(name));
  }

  /** What is wrong with files that say how registries are reached is a finding, too. */
  async #ask(input: DoctorRegistriesInput, flags: RegistryFlags): Promise<DoctorCheck[]> {
    let found: DoctorCheck[] = [];
    const settings = await tried('settings of registries', 'problem', async () => {
      await using wiring = await wireRegistry(flags, `${this.config.bin}/${this.config.version}`);
      const client = wiring.createRegistryClient((retry) => this.tellNews(retryView(retry)));
      found = await checkRegistries(input, { ...wiring, client, now: Date.now }, this.signal);
      return fine('settings of registries', 'can be read');
    });
    return [settings, ...found];
  }
  /** What is wrong with the way that they are named, or with keys, is a finding, too. */
  async #askSharedStores(flags: RegistryFlags & StoreFlags): Promise<DoctorCheck[]> {
    if (sharedStoreUrls(flags).length === 0) return [];
    let found: DoctorCheck[] = [];
    const settings = await tried('settings of shared stores', 'problem', async () => {
      const makeSharedStores = await wireSharedStores(flags);
      await using wiring = await wireRegistry(flags, `${this.config.bin}/${this.config.version}`);
      const stores = makeSharedStores({
        ...wiring,
        concurrency: flags.concurrency,
        onRetry: (retry) => this.tellNews(retryView(retry)),
      });
      found = await checkSharedStores(stores, this.signal);
      return fine('settings of shared stores', 'can be read');
    });
    return [settings, ...found];
  }
}
