import { describe, expect, test } from 'vitest';

import { sampleKey } from '../support/palette-server-data.ts';
import { everything, paletteSite } from '../support/palette-site.ts';
import { secretsBelow, secretsIn } from '../support/planted-secrets.ts';
import { runCli } from '../support/run-cli.ts';

describe('the key', () => {
  test.each([
    ['of the environment', ['PALETTE_API_KEY'], []],
    ['of the scheme for all flags', ['PALETTE_EDGE_API_KEY'], []],
    ['that was typed', [], ['--api-key', sampleKey]],
  ])('%s is taken, and comes out nowhere', async (_what, variables, typed) => {
    const { build, cli, folder } = await paletteSite();
    const env = Object.fromEntries(variables.map((name) => [name, sampleKey]));
    const run = await runCli([...build, ...everything, ...typed], { ...cli, env });
    expect(run.code).toBe(0);
    expect(run.stderr.includes('[SECRET_ON_COMMAND_LINE]')).toBe(typed.length > 0);
    expect(secretsIn(run.stdout + run.stderr, [sampleKey])).toEqual([]);
    expect(await secretsBelow(folder, [sampleKey], [])).toEqual([]);
  });

  test.each([['--json'], ['--no-json']])('that is wrong comes out nowhere either: %s', async (flag) => {
    const { build, cli } = await paletteSite();
    const wrong = 'wr0ng-s3cret-key';
    const flags = flag === '--json' ? [flag] : [];
    const run = await runCli([...build, ...everything, '--api-key', wrong, ...flags], cli);
    expect(run.code).toBe(3);
    expect(run.stdout + run.stderr).toContain('PALETTE_KEY_REFUSED');
    expect(run.stdout + run.stderr).toContain('InvalidApiKey');
    expect(secretsIn(run.stdout + run.stderr, [wrong, sampleKey])).toEqual([]);
  });

  test('that is missing is asked for, before Palette is', async () => {
    const { build, cli, server } = await paletteSite();
    const { code, stderr } = await runCli([...build, ...everything], { ...cli, env: {} });
    expect(code).toBe(3);
    expect(stderr).toContain('API_KEY_MISSING');
    expect(stderr).toContain('PALETTE_API_KEY');
    expect(server.requests).toEqual([]);
  });

  test('with line breaks in it is refused untold', async () => {
    const { build, cli, server } = await paletteSite();
    const env = { PALETTE_API_KEY: 's3cret\r\nHost: other' };
    const { code, stderr } = await runCli([...build, ...everything], { ...cli, env });
    expect(code).toBe(3);
    expect(stderr).toContain('API_KEY_INVALID');
    expect(stderr).not.toContain('s3cret');
    expect(server.requests).toEqual([]);
  });
});
