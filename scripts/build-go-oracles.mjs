// Builds the Go programs that tests compare with: whose compressed streams ours are to be, and who reads what is written for other engines. In node_modules/.cache. Setup runs it, so that tests need
// no network.
import { klauspostGenerations } from '../src/squeeze/klauspost/klauspost-generation.ts';
import { emittedChecks } from '../test/support/emitted-checks.ts';
import { go127Oracle } from '../test/support/go-127-oracle.ts';
import { klauspostOracle } from '../test/support/klauspost-oracle.ts';

for (const generation of klauspostGenerations) klauspostOracle(generation);
go127Oracle();
emittedChecks();
