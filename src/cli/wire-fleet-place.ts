import { HashThread } from '../io/hash-thread.ts';
import { placeOfBundle } from '../workflows/fleet-publish.ts';
import type { FleetPlace } from '../workflows/fleet-publish.ts';
import { parsePublishPlace } from '../workflows/publish-place.ts';
import { wirePublish } from './wire-publish.ts';
import type { PublishContext } from './wire-publish.ts';

/**
 * Builds what publishes the bundles of a fleet, and fetches bases. Disposing closes every connection.
 *
 * @throws PaletteEdgeError as `parsePublishPlace` and `wirePublish` do
 */
export async function wireFleetPlace(
  url: string,
  context: PublishContext,
): Promise<FleetPlace & AsyncDisposable> {
  const place = parsePublishPlace(url);
  const wiring = await wirePublish(place, context);
  const hasher = new HashThread();
  return {
    openTarget: wiring.openTarget,
    openSource: async (bundle, signal) => {
      const own = await wirePublish(placeOfBundle(place, bundle), context);
      try {
        const source = await own.openSource(signal);
        return { ...source, [Symbol.asyncDispose]: async () => await own[Symbol.asyncDispose]() };
      } catch (error) {
        await own[Symbol.asyncDispose]();
        throw error;
      }
    },
    hasher,
    concurrency: context.flags.concurrency,
    [Symbol.asyncDispose]: async () => {
      await using _hasher = hasher;
      await wiring[Symbol.asyncDispose]();
    },
  };
}
