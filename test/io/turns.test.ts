import { expect, test } from 'vitest';

import { Turns } from '../../src/io/turns.ts';

const { signal } = new AbortController();

test('so many go on at a time, and the others in the order they came', async () => {
  const turns = new Turns(2);
  const log: string[] = [];
  const take = async (name: string): Promise<() => void> => {
    const release = await turns.take(signal);
    log.push(name);
    return release;
  };
  const [first, second] = [await take('a'), await take('b')];
  const waiting = [take('c'), take('d')];
  await Promise.resolve();
  expect(log).toEqual(['a', 'b']);
  second();
  // Over already.
  second();
  await waiting[0];
  expect(log).toEqual(['a', 'b', 'c']);
  first();
  await waiting[1];
  expect(log).toEqual(['a', 'b', 'c', 'd']);
});

test('whoever gives up waiting takes no turn', async () => {
  const turns = new Turns(1);
  const release = await turns.take(signal);
  const tired = new AbortController();
  const gone = turns.take(tired.signal);
  const next = turns.take(signal);
  tired.abort(new Error('tired'));
  await expect(gone).rejects.toThrow('tired');
  await expect(turns.take(tired.signal)).rejects.toThrow('tired');
  release();
  (await next)();
  expect(await turns.take(signal)).toBeInstanceOf(Function);
});

test('a turn that comes to somebody who gives up at that moment goes to the next', async () => {
  const turns = new Turns(1);
  const release = await turns.take(signal);
  const tired = new AbortController();
  const gone = turns.take(tired.signal);
  const next = turns.take(signal);
  release();
  tired.abort(new Error('tired'));
  const ended = await Promise.allSettled([gone]);
  for (const result of ended) if (result.status === 'fulfilled') result.value();
  expect(await next).toBeInstanceOf(Function);
});
