// Keeps small pieces of large texts, and prints how much the heap has grown by: node --expose-gc … own|cut
import { ownText } from '../../src/profile/own-text.ts';

const texts = 40;
const length = 1_000_000;
const isOwn = process.argv[2] === 'own';

/** Two pieces of a large text: one that is cut out, one that is put together with such a piece. */
function pieces(number: number): string[] {
  const text = String(number).padEnd(length, 'a line of values, ');
  const cut = text.slice(1000, 1040);
  const found = [cut, `registry.example.com/${text.slice(2000, 2040)}`];
  return isOwn ? found.map((piece) => ownText(piece)) : found;
}

function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

const before = heapUsed();
const kept = Array.from({ length: texts }, (_, index) => pieces(index));
process.stdout.write(
  JSON.stringify({ grown: heapUsed() - before, texts: texts * length, kept: kept.length }),
);
