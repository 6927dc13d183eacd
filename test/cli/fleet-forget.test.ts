import { expect, test } from 'vitest';

import FleetForget from '../../src/commands/fleet/forget.ts';
import FleetStatus from '../../src/commands/fleet/status.ts';
import type { FleetStatusResult } from '../../src/workflows/fleet-status.ts';
import { old, startSites } from '../fleet/start-sites.ts';
import { runCommand } from './run-command.ts';

test('a site that has lost what it had is told with what that was, and has nothing then', async () => {
  const { path } = await startSites();
  const { stdout, exitCode } = await runCommand(FleetForget, [path, '--site', 's1', '--site', 's2']);
  expect([exitCode, stdout]).toEqual([0, `SITE  HAD\ns1    ${old.id}\ns2    ${old.id}\n`]);
  const status = await runCommand(FleetStatus, [path, '--json']);
  const { sites }: FleetStatusResult = JSON.parse(status.stdout);
  expect(sites.map(({ has }) => has ?? null).slice(0, 4)).toEqual([old.id, null, null, old.id]);
});

test('sites have to be named', async () => {
  const { path } = await startSites();
  expect((await runCommand(FleetForget, [path])).exitCode).toBe(2);
});
