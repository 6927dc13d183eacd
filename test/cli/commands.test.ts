import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import Inspect from '../../src/commands/inspect.ts';
import Resolve from '../../src/commands/resolve.ts';
import Verify from '../../src/commands/verify.ts';
import { serializeInventory } from '../../src/bundle/inventory.ts';
import { sampleBundle } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCommand } from './run-command.ts';

const fixture = (path: string) => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));

async function fileWith(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

describe('resolve', () => {
  const run = async (...argv: string[]) => await runCommand(Resolve, argv);
  const shop = ['--profile', fixture('demo/shop-addon.yaml'), '--var', 'Registry=127.0.0.1:5000'];

  test('shows every image with each place that asks for it', async () => {
    expect(await run(...shop)).toEqual({
      stdout: `IMAGE                               ASKED FOR BY
127.0.0.1:5000/demo/shop/api:0.4.0  profile demo-shop, pack shop, pack.content.images[1] (line 5)
                                    profile demo-shop, pack shop-jobs, manifests.nightly spec.jobTemplate.spec.template.spec.containers[0].image (line 14)
127.0.0.1:5000/demo/shop/web:0.4.0  profile demo-shop, pack shop, pack.content.images[0] (line 4)
`,
      stderr: '',
      exitCode: 0,
    });
  });

  test('shows references only with --plain', async () => {
    expect((await run(...shop, '--plain')).stdout).toBe(
      '127.0.0.1:5000/demo/shop/api:0.4.0\n127.0.0.1:5000/demo/shop/web:0.4.0\n',
    );
  });

  test('tells warnings on stderr, and with --json in the document', async () => {
    const argv = ['--image', 'ghcr.io/org/app:latest', '--image', 'a.io/b:1'];
    expect(await run(...argv, '--plain')).toEqual({
      stdout: 'a.io/b:1\nghcr.io/org/app:latest\n',
      stderr: expect.stringMatching(/^Warning: .*ghcr\.io\/org\/app:latest.* \[LATEST_TAG\]\n$/),
      exitCode: 0,
    });
    const { stdout, stderr } = await run(...argv, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      images: [{ name: 'a.io/b:1', origins: [{ kind: 'flag' }] }, { name: 'ghcr.io/org/app:latest' }],
      profiles: [],
      warnings: [{ code: 'LATEST_TAG' }],
    });
    expect(stderr).toBe('');
  });

  test('takes every source several times', async () => {
    const listOf = async (name: string, image: string) => await fileWith(name, `${image}\n`);
    const podOf = async (name: string, image: string) =>
      await fileWith(name, `apiVersion: v1\nkind: Pod\nspec: {containers: [{image: '${image}'}]}\n`);
    const argv = Object.entries({
      profile: [fixture('demo/edge-infra.yaml'), fixture('demo/shop-addon.yaml')],
      'images-file': [await listOf('a.txt', 'l.io/a:1'), await listOf('b.txt', 'l.io/b:1')],
      manifest: [await podOf('a.yaml', 'm.io/a:1'), await podOf('b.yaml', 'm.io/b:1')],
      image: ['i.io/a:1', 'i.io/b:1'],
      var: ['Registry=v.io', 'Other=1'],
      macro: ['one=1', 'two=2'],
    }).flatMap(([flag, values]) => values.flatMap((value) => [`--${flag}`, value]));
    const { stdout, exitCode } = await run(...argv, '--plain');
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').filter((name) => !name.startsWith('v.io/demo/'))).toEqual([
      'i.io/a:1',
      'i.io/b:1',
      'l.io/a:1',
      'l.io/b:1',
      'm.io/a:1',
      'm.io/b:1',
      '',
    ]);
    expect(stdout.match(/^v\.io\/demo\//gm)).toHaveLength(7);
  });

  test.each(['--profile', '--image', '--images-file', '--manifest', '--var', '--macro'])(
    '%s takes one value: the next word is not another',
    async (flag) => {
      const { stderr, exitCode } = await run(flag, 'A=1', 'B');
      expect(stderr).toContain('Error: Unexpected argument: B\n');
      expect(exitCode).toBe(2);
    },
  );

  test('says so when nothing is named', async () => {
    const list = await fileWith('empty.txt', '# nothing\n');
    expect(await run('--images-file', list)).toEqual({
      stdout: '',
      stderr: 'No images are named.\n',
      exitCode: 0,
    });
  });

  test.each([
    ['a missing profile', ['--profile', '/nowhere/profile.json'], 4, 'FILE_NOT_FOUND'],
    ['a profile that is none', ['--profile', fixture('images.txt')], 2, 'YAML_INVALID'],
    ['a variable without a value', shop.slice(0, 2), 2, 'MACRO_UNRESOLVED'],
    ['a malformed reference', ['--image', 'Not/An Image'], 2, 'REFERENCE_INVALID'],
    ['an assignment without a value', ['--image', 'nginx:1', '--var', 's3cret'], 2, 'ASSIGNMENT_INVALID'],
  ])('%s ends it', async (...[, argv, exitCode, code]) => {
    const { stdout, stderr, exitCode: ended } = await run(...argv);
    expect({ stdout, ended }).toEqual({ stdout: '', ended: exitCode });
    expect(stderr).toMatch(/^Error: /);
    expect(stderr).toContain(`\nCode: ${code}\n`);
    expect(stderr).not.toContain('s3cret');
  });
});

describe('inspect', () => {
  const run = async (...argv: string[]) => await runCommand(Inspect, argv);

  test('shows a bundle', async () => {
    const { bytes, plan } = await sampleBundle();
    const path = await fileWith('sample.tar.zst', bytes);
    const { stdout, stderr, exitCode } = await run(path);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toMatch(new RegExp(`^${path}\n  name {8}edge-demo\n  id {10}${plan.id}\n`));
    expect(stdout).toMatch(/\nghcr\.io\/org\/multi:1\.0 +[0-9a-f]{12} {2}linux\/amd64, linux\/arm64\n/);
  });

  test('shows its inventory with --json', async () => {
    const { bytes, plan } = await sampleBundle();
    const { stdout } = await run(await fileWith('sample.tar.zst', bytes), '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      id: plan.id,
      size: bytes.length,
      inventory: JSON.parse(serializeInventory(plan.inventory).toString()),
    });
  });

  test('refuses what is no bundle', async () => {
    const path = await fileWith('notes.txt', 'not a bundle\n'.repeat(100));
    const { stdout, stderr, exitCode } = await run(path);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 5 });
    expect(stderr).toMatch(
      /^Error: .*notes\.txt is not a palette-edge bundle: .*\nCode: NOT_A_BUNDLE\nTry this:\n/,
    );
  });
});

describe('verify', () => {
  const run = async (...argv: string[]) => await runCommand(Verify, argv);

  test('tells in one line that a bundle is whole', async () => {
    const { bytes, plan } = await sampleBundle();
    const path = await fileWith('sample.tar.zst', bytes);
    const { stdout, stderr, exitCode } = await run(path);
    expect(stdout).toMatch(
      new RegExp(`^${path} is whole: edge-demo ${plan.id}, 3 images, [0-9]+ blobs, .*\n$`),
    );
    expect(stderr).toMatch(/^Verifying: .*, 100 %, in under 1 s\n$/);
    expect(exitCode).toBe(0);
  });

  test('names what is damaged and ends with 5, with --json too', async () => {
    const { bytes } = await sampleBundle();
    const middle = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    const path = await fileWith('sample.tar.zst', bytes);
    const told = await run(path);
    expect(told.exitCode).toBe(5);
    expect(told.stdout).toMatch(new RegExp(`^${path} is damaged: [0-9]+ problems? in edge-demo `));
    expect(told.stdout).toContain('\n    needed by ');
    const { stdout, stderr, exitCode } = await run(path, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ problems: [{ message: expect.any(String) }] });
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 5 });
  });

  test('refuses a bundle that was cut off', async () => {
    const { bytes } = await sampleBundle();
    const { stdout, exitCode } = await run(await fileWith('half.tar.zst', bytes.subarray(0, 2000)), '--json');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'BUNDLE_TRUNCATED', exitCode: 5 } });
    expect(exitCode).toBe(5);
  });
});
