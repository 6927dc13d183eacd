import { expect, test } from 'vitest';

import { basicAuthorization, bearerAuthorization } from '../../src/registry/authorization.ts';
import { PasswordTrials } from '../../src/registry/password-trials.ts';

const password = basicAuthorization({ username: 'edge', password: 'secret', origin: 'a test' });
const other = basicAuthorization({ username: 'edge', password: 'other', origin: 'a test' });

/** Sends that are answered by hand, in the order of sending. */
function sender() {
  const trials = new PasswordTrials<{ isPasswordRefused: boolean }>();
  const sent: PromiseWithResolvers<{ isPasswordRefused: boolean }>[] = [];
  const show = async (registry: string, authorization = password, signal?: AbortSignal) =>
    await trials.send(registry, authorization, {
      signal,
      send: async () => {
        const answer = Promise.withResolvers<{ isPasswordRefused: boolean }>();
        sent.push(answer);
        return await answer.promise;
      },
    });
  return { show, sent };
}

test('the first request that shows a password goes alone, and the others follow when it is right', async () => {
  const { show, sent } = sender();
  const all = [show('a.io'), show('a.io'), show('a.io')];
  expect(sent).toHaveLength(1);
  sent[0]?.resolve({ isPasswordRefused: false });
  await expect.poll(() => sent.length).toBe(3);
  for (const answer of sent) answer.resolve({ isPasswordRefused: false });
  expect(await Promise.all(all)).toEqual(Array.from({ length: 3 }, () => ({ isPasswordRefused: false })));
});

test('a refused password is not shown again, at this registry', async () => {
  const { show, sent } = sender();
  const all = [show('a.io'), show('a.io')];
  sent[0]?.resolve({ isPasswordRefused: true });
  expect(await Promise.all(all)).toEqual([{ isPasswordRefused: true }, { isPasswordRefused: true }]);
  expect(await show('a.io')).toEqual({ isPasswordRefused: true });
  expect(sent).toHaveLength(1);
  void show('b.io');
  void show('a.io', other);
  expect(sent).toHaveLength(3);
});

test('a request that failed says nothing of the password: the next one tries it', async () => {
  const { show, sent } = sender();
  const first = show('a.io');
  const second = show('a.io');
  sent[0]?.reject(new Error('the connection was lost'));
  await expect(first).rejects.toThrow('the connection was lost');
  await expect.poll(() => sent.length).toBe(2);
  sent[1]?.resolve({ isPasswordRefused: false });
  expect(await second).toEqual({ isPasswordRefused: false });
});

test('whoever waits for a trial can give up', async () => {
  const { show } = sender();
  void show('a.io');
  const abort = new AbortController();
  const waiting = show('a.io', password, abort.signal);
  abort.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});

test('tokens are not passwords', () => {
  const { show, sent } = sender();
  void show('a.io', bearerAuthorization('token', undefined));
  void show('a.io', bearerAuthorization('token', undefined));
  expect(sent).toHaveLength(2);
});
