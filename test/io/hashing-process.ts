import { HashThread } from '../../src/io/hash-thread.ts';

// Hashes nothing in a thread, and ends as soon as there is nothing that keeps it.
const thread = new HashThread();
process.stdout.write(`${await thread.begin().digest()}\n`);
await thread[Symbol.asyncDispose]();
