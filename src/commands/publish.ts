import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { publishReachFlags } from '../cli/publish-flags.ts';
import { wirePublish } from '../cli/wire-publish.ts';
import { uploadFolder } from '../cli/store-folder.ts';
import { HashThread } from '../io/hash-thread.ts';
import { publishView } from '../views/publish-view.ts';
import { publishBundle } from '../workflows/publish-bundle.ts';
import type { PublishResult } from '../workflows/publish-bundle.ts';
import { parsePublishPlace } from '../workflows/publish-place.ts';

/** `palette-edge publish` */
export default class Publish extends BaseCommand {
  static override summary =
    'Puts a bundle, with all that lies beside it, into an S3 bucket or an OCI registry.';
  static override description = `The bundle or its parts, the list of parts, checksums and signatures; delta bundles and encrypted ones as well. fetch gets them again, and so do the tools of S3 and oras pull.

What is there already is not sent, not even the parts of a large file that an interrupted run sent. The bundle is known there once all of it is.

Keys for a bucket come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or the profile of AWS_PROFILE, logins of registries from where push has them. Another server than Amazon's is named by AWS_ENDPOINT_URL_S3.`;
  static override examples = [
    {
      description: 'Into a bucket:',
      command: '<%= config.bin %> <%= command.id %> core-edge-1a2b3c4d.tar.zst s3://bundles/edge',
    },
    {
      description: 'Parts, into a repository of a registry, under a tag:',
      command:
        '<%= config.bin %> <%= command.id %> core-edge-1a2b3c4d.tar.zst.parts.json oci://registry.example.com/edge/core:2026.11',
    },
  ];

  static override args = {
    bundle: Args.string({
      description: 'A bundle, its parts list or any part.',
      required: true,
      ignoreStdin: true,
    }),
    url: Args.string({
      description:
        's3://BUCKET[/PREFIX] or oci://REGISTRY/REPOSITORY[:TAG]; without a tag it is named after the bundle.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    replace: Flags.boolean({
      helpGroup: 'OUTPUT',
      summary: 'Replace what else is there under the same name.',
      default: false,
    }),
    ...publishReachFlags,
  };

  protected override readonly resumeAdvice =
    'Run the same command again: what was sent so far is not sent again.';

  async run(): Promise<PublishResult> {
    const { args, flags } = await this.parse(Publish);
    const place = parsePublishPlace(args.url);
    using progress = this.progress();
    const userAgent = `${this.config.bin}/${this.config.version}`;
    await using wiring = await wirePublish(place, {
      flags,
      userAgent,
      uploadFolder: uploadFolder(this.config),
      progress,
    });
    await using hasher = new HashThread();
    const result = await publishBundle(
      { path: args.bundle, replaces: flags.replace },
      {
        openTarget: wiring.openTarget,
        hasher,
        concurrency: flags.concurrency,
        listener: {
          onReading: (total) => progress.startPhase('Reading', total),
          onSending: (total) => progress.startPhase('Publishing', total),
          onBytes: (count) => progress.advance(count),
        },
      },
      this.signal,
    );
    progress.close();
    this.show(publishView(result));
    return result;
  }
}
