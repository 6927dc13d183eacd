import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { requirePath } from '../cli/output-path.ts';
import { publishReachFlags } from '../cli/publish-flags.ts';
import { wirePublish } from '../cli/wire-publish.ts';
import { HashThread } from '../io/hash-thread.ts';
import { fetchListView, fetchView } from '../views/fetch-view.ts';
import { fetchPublished, listPublished } from '../workflows/fetch-published.ts';
import type { FetchResult, ListResult } from '../workflows/fetch-published.ts';
import { parsePublishPlace } from '../workflows/publish-place.ts';

/** `palette-edge fetch` */
export default class Fetch extends BaseCommand {
  static override summary = 'Fetches a bundle that was published, with all that was published with it.';
  static override description = `Each file is compared with its sha256 before it gets its name. Files that are there already are not fetched; after Ctrl-C or worse the same command goes on from the last byte.

The digests are those of the manifest, which whoever may write there can replace: check the signature of the bundle as well, with verify --public-key.`;
  static override examples = [
    {
      description: 'From a bucket, into this folder:',
      command: '<%= config.bin %> <%= command.id %> s3://bundles/edge/core-edge-1a2b3c4d.tar.zst',
    },
    {
      description: 'See what was published in a repository:',
      command: '<%= config.bin %> <%= command.id %> oci://registry.example.com/edge/core --list',
    },
  ];

  static override args = {
    url: Args.string({
      description:
        's3://BUCKET/PREFIX/BUNDLE or oci://REGISTRY/REPOSITORY:TAG; without the last part, the only bundle there.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    output: Flags.directory({
      helpGroup: 'OUTPUT',
      helpValue: 'DIR',
      char: 'o',
      summary: 'The folder that the files go into. It is made.',
      default: '.',
    }),
    replace: Flags.boolean({
      helpGroup: 'OUTPUT',
      summary: 'Replace other files of the same names.',
      default: false,
    }),
    list: Flags.boolean({
      helpGroup: 'OUTPUT',
      summary: 'List what is published there, and fetch nothing.',
      default: false,
      exclusive: ['replace'],
    }),
    ...publishReachFlags,
  };

  protected override readonly resumeAdvice =
    'Run the same command again: it goes on from where it was stopped.';

  async run(): Promise<FetchResult | ListResult> {
    const { args, flags } = await this.parse(Fetch);
    const place = parsePublishPlace(args.url);
    const folder = requirePath(flags.output, '--output DIR');
    using progress = this.progress();
    const userAgent = `${this.config.bin}/${this.config.version}`;
    await using wiring = await wirePublish(place, { flags, userAgent, progress });
    const source = await wiring.openSource(this.signal);
    const { concurrency } = flags;
    if (flags.list) {
      const listed = await listPublished(source, { concurrency }, this.signal);
      this.show(fetchListView(listed));
      return listed;
    }
    await using hasher = new HashThread();
    const listener = {
      onLooking: () => progress.tell(`Looking at what is in ${folder} …`),
      onFetching: (total: number) => progress.startPhase('Fetching', total),
      onBytes: (count: number) => progress.advance(count),
    };
    const result = await fetchPublished(
      { folder, replaces: flags.replace },
      { source, hasher, concurrency, listener },
      this.signal,
    );
    progress.close();
    this.show(fetchView(result));
    return result;
  }
}
