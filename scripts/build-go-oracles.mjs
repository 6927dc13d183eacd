// Builds the Go programs whose compressed streams tests compare ours with, in node_modules/.cache. Setup runs it, so that tests need
// no network.
import { klauspostGenerations } from '../src/squeeze/klauspost/klauspost-generation.ts';
import { go127Oracle } from '../test/support/go-127-oracle.ts';
import { klauspostOracle } from '../test/support/klauspost-oracle.ts';

for (const generation of klauspostGenerations) klauspostOracle(generation);
go127Oracle();
