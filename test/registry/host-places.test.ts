import { expect, test } from 'vitest';

import { HostPlaces } from '../../src/registry/host-places.ts';

test('a place is waited for, and given to who came next', async () => {
  const places = new HostPlaces(() => 1);
  const release = await places.acquire();
  const order: string[] = [];
  const take = async (name: string): Promise<void> => {
    const giveBack = await places.acquire();
    order.push(name);
    giveBack();
  };
  const waiting = Promise.all([take('second'), take('third')]);
  order.push('first');
  release();
  release();
  await waiting;
  expect(order).toEqual(['first', 'second', 'third']);
});

test('giving a place back twice gives one back', async () => {
  const places = new HostPlaces(() => 2);
  const release = await places.acquire();
  await places.acquire();
  release();
  release();
  expect(places.tryAcquire()).toBeDefined();
  expect(places.tryAcquire()).toBeUndefined();
});

test('who gives up waiting leaves no place taken', async () => {
  const places = new HostPlaces(() => 1);
  const reason = new Error('interrupted');
  const controller = new AbortController();
  const release = await places.acquire();
  const waiting = places.acquire(controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(places.acquire(controller.signal)).rejects.toBe(reason);
  release();
  expect(places.tryAcquire()).toBeDefined();
});

test('a place is not taken before those who wait', async () => {
  let limit = 1;
  const places = new HostPlaces(() => limit);
  await places.acquire();
  const waiting = [places.acquire(), places.acquire()];
  limit = 2;
  expect(places.tryAcquire()).toBeUndefined();
  places.refresh();
  await waiting[0];
  expect(places.tryAcquire()).toBeUndefined();
});

test('when the limit falls, nobody gets a place until enough came back', async () => {
  let limit = 3;
  const places = new HostPlaces(() => limit);
  const releases = await Promise.all([places.acquire(), places.acquire(), places.acquire()]);
  limit = 1;
  releases[0]();
  releases[1]();
  expect(places.tryAcquire()).toBeUndefined();
  releases[2]();
  expect(places.tryAcquire()).toBeDefined();
});

test('a place that is lent out is used by others, and its owner comes back before those who have none', async () => {
  const places = new HostPlaces(() => 1);
  const order: string[] = [];
  const release = await places.acquire();
  const ended = Promise.withResolvers<void>();
  const owner = places.lendWhile(async () => await ended.promise).then(() => order.push('owner'));
  const releaseSecond = await places.acquire();
  const takeThird = async (): Promise<void> => {
    const giveBack = await places.acquire();
    order.push('third');
    giveBack();
  };
  const third = takeThird();
  ended.resolve();
  await ended.promise;
  await Promise.resolve();
  releaseSecond();
  await owner;
  expect(order).toEqual(['owner']);
  release();
  await third;
  expect(order).toEqual(['owner', 'third']);
});

test('a wait that fails leaves its owner with a place to give back', async () => {
  const places = new HostPlaces(() => 1);
  const release = await places.acquire();
  const failed = places.lendWhile(async () => await Promise.reject(new Error('interrupted')));
  await expect(failed).rejects.toThrow('interrupted');
  expect(places.tryAcquire()).toBeUndefined();
  release();
  expect(places.tryAcquire()).toBeDefined();
});

test('who is interrupted while coming back leaves no place taken', async () => {
  const places = new HostPlaces(() => 1);
  const controller = new AbortController();
  const release = await places.acquire();
  const back = places.lendWhile(async () => await Promise.resolve(), controller.signal);
  const other = places.tryAcquire();
  controller.abort(new Error('interrupted'));
  await expect(back).rejects.toThrow('interrupted');
  release();
  other?.();
  expect(places.tryAcquire()).toBeDefined();
  expect(places.tryAcquire()).toBeUndefined();
});
