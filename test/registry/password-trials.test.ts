import { expect, test } from 'vitest';

import { basicAuthorization, bearerAuthorization } from '../../src/registry/authorization.ts';
import { isPasswordRefused, PasswordTrials } from '../../src/registry/password-trials.ts';
import { startServer } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';

const password = basicAuthorization({ username: 'edge', password: 'secret', origin: 'a test' });
const other = basicAuthorization({ username: 'edge', password: 'other', origin: 'a test' });

interface Answer {
  readonly isPasswordRefused: boolean | undefined;
}

/** Sends that are answered by hand, in the order of sending. */
function sender() {
  const trials = new PasswordTrials<Answer>();
  const sent: PromiseWithResolvers<Answer>[] = [];
  const show = async (registry: string, authorization = password, signal?: AbortSignal) =>
    await trials.send(registry, authorization, {
      signal,
      send: async () => {
        const answer = Promise.withResolvers<Answer>();
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

test('an answer that says nothing of the password leaves the trial to the next one, which goes alone', async () => {
  const { show, sent } = sender();
  const all = [show('a.io'), show('a.io'), show('a.io')];
  sent[0]?.resolve({ isPasswordRefused: undefined });
  expect(await all[0]).toEqual({ isPasswordRefused: undefined });
  await expect.poll(() => sent.length).toBe(2);
  sent[1]?.resolve({ isPasswordRefused: true });
  expect(await Promise.all(all.slice(1))).toEqual([{ isPasswordRefused: true }, { isPasswordRefused: true }]);
  expect(sent).toHaveLength(2);
});

test.each([
  [401, false, true],
  [401, true, false],
  [403, false, false],
  [200, false, false],
  [408, false, undefined],
  [429, false, undefined],
  [502, false, undefined],
])('a %d, from another origin: %s, refuses the password: %s', async (status, isElsewhere, refuses) => {
  const server = await startServer(({ url }, response) => {
    if (url === '/away') response.writeHead(302, { location: `${elsewhere.origin}/` }).end();
    else response.writeHead(status).end();
  });
  const elsewhere = await startServer((_, response) => response.writeHead(status).end());
  const { http } = pullingClient();
  const url = new URL(isElsewhere ? '/away' : '/', server.origin);
  const response = await http.request({ method: 'GET', url });
  await response.discard();
  expect(isPasswordRefused(response)).toBe(refuses);
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
