import { writeOutput } from '../../src/workflows/write-output.ts';
import { splitOptions } from '../support/split-bundle.ts';

// Writes the sample in parts into a folder, and says so when it waits, for ever, for the last blob.
const [folder = ''] = process.argv.slice(2);
const options = await splitOptions(folder, { seed: 2, split: { partSize: 500, style: 'plain' } });
const last = options.plan.inventory.blobs.at(-1)?.digest;
await writeOutput({
  ...options,
  blobs: {
    sizeOf: options.blobs.sizeOf.bind(options.blobs),
    open: async (blob, how) => {
      if (blob.digest !== last) return await options.blobs.open(blob, how);
      setInterval(() => undefined, 1000);
      process.stdout.write('waiting\n');
      return await new Promise<never>(() => undefined);
    },
  },
});
