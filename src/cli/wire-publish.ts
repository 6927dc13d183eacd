import { homedir } from 'node:os';

import { S3Bucket } from '../object-store/s3-bucket.ts';
import { readS3Settings } from '../object-store/s3-settings.ts';
import type { S3TransportOptions } from '../object-store/s3-transport.ts';
import { retryView } from '../views/retry-view.ts';
import { slowDownView } from '../views/slow-down-view.ts';
import { registrySource } from '../workflows/fetch-from-registry.ts';
import { s3Source } from '../workflows/fetch-from-s3.ts';
import type { FetchSource } from '../workflows/fetch-source.ts';
import { tagOf } from '../workflows/publish-place.ts';
import type { PublishPlace } from '../workflows/publish-place.ts';
import type { PublishTarget } from '../workflows/publish-target.ts';
import { registryTarget } from '../workflows/publish-to-registry.ts';
import { s3Target } from '../workflows/publish-to-s3.ts';
import type { Progress } from './progress.ts';
import type { PublishReachFlags } from './publish-flags.ts';
import { slowDownNews } from './slow-down-news.ts';
import { wireRegistry } from './wire-registry.ts';
import type { RegistryWiring } from './wire-registry.ts';

/** What a place of published bundles is reached with. */
export interface PublishContext {
  readonly flags: PublishReachFlags;
  readonly userAgent: string;
  /** Where uploads are remembered for the next run; nowhere when undefined. */
  readonly uploadFolder?: string;
  readonly progress: Progress;
}

/** The real parts that publish. Disposing closes every connection. */
export interface PublishWiring extends AsyncDisposable {
  /** @param bundle its file name */
  readonly openTarget: (bundle: string) => PublishTarget;
  readonly openSource: (signal: AbortSignal) => Promise<FetchSource>;
}

/**
 * Builds what publishes to a place, and what fetches from it. Keys for a bucket are looked for now.
 *
 * @throws PaletteEdgeError for flags, variables and files that make no sense, or are not there
 */
export async function wirePublish(
  place: PublishPlace,
  { flags, userAgent, uploadFolder, progress }: PublishContext,
): Promise<PublishWiring> {
  const settings =
    place.kind === 's3'
      ? await readS3Settings({ environment: process.env, homeFolder: homedir() })
      : undefined;
  const wiring = await wireRegistry({ ...flags, mirror: [] }, userAgent, uploadFolder);
  const parts = {
    concurrency: flags.concurrency,
    ...(settings === undefined ? {} : { s3: s3Options(settings, wiring, progress) }),
    wiring,
    progress,
  };
  return {
    openTarget: (bundle) => targetAt(place, bundle, parts),
    openSource: async (signal) => await sourceAt(place, parts, signal),
    [Symbol.asyncDispose]: async () => await wiring[Symbol.asyncDispose](),
  };
}

interface Parts {
  readonly concurrency: number;
  readonly s3?: S3TransportOptions;
  readonly wiring: RegistryWiring;
  readonly progress: Progress;
}

function s3Options(
  settings: S3TransportOptions['settings'],
  { http }: RegistryWiring,
  progress: Progress,
): S3TransportOptions {
  return { http, settings, onRetry: (retry) => progress.tell(retryView(retry)) };
}

function targetAt(
  place: PublishPlace,
  bundle: string,
  { concurrency, s3, wiring, progress }: Parts,
): PublishTarget {
  if (place.kind === 'registry') {
    const { repository, tag = tagOf(bundle) } = place;
    return registryTarget({ repository, tag }, wiring.createPusher(retryTeller(progress)));
  }
  return s3Target({ bucket: new S3Bucket(place.place, needed(s3)), bundle, concurrency });
}

async function sourceAt(
  place: PublishPlace,
  { s3, wiring, progress }: Parts,
  signal: AbortSignal,
): Promise<FetchSource> {
  if (place.kind === 'registry')
    return registrySource(place, wiring.createRegistryClient(retryTeller(progress)));
  const { bucket, prefix } = place.place;
  const options = needed(s3);
  return await s3Source(prefix, (below) => new S3Bucket({ bucket, prefix: below }, options), signal);
}

function needed(options: S3TransportOptions | undefined): S3TransportOptions {
  if (options === undefined) throw new TypeError('a bucket without settings');
  return options;
}

function retryTeller(progress: Progress): Parameters<RegistryWiring['createPusher']>[0] {
  const isNews = slowDownNews();
  return (retry) => {
    if (isNews(retry)) progress.tell(slowDownView(retry) ?? retryView(retry));
  };
}
