import { execFile } from 'node:child_process';
import { chmod, copyFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { bundleFile } from '../support/iso-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { sharedInstallers } from '../support/shared-installers.ts';
import { embedFrom, extracted, userDataFile } from './embed-into.ts';

const run = promisify(execFile);

const installers = sharedInstallers('aurora', 'uefi');

const embed = embedFrom(installers);

describe('who may read the copy', () => {
  const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

  test('of one with configuration: its owner only, whichever run put it in', async () => {
    const { folder, path } = await bundleFile();
    const [first, second] = [join(folder, '1.iso'), join(folder, '2.iso')];
    const [clusterDefinition, edgeConfig] = [join(folder, 'definition.tgz'), join(folder, 'edge.yaml')];
    await writeFile(clusterDefinition, Buffer.from('1f8b08', 'hex'));
    await writeFile(edgeConfig, 'token: s3cret\n');
    const files = [{ userData: await userDataFile(folder) }, { clusterDefinition }, { edgeConfig }];
    for (const configuration of files) {
      await embed({ output: first, ...configuration });
      expect(await modeOf(first)).toBe(0o600);
      await chmod(first, 0o644);
      await embed({ installer: first, output: second, content: [path] });
      expect(await modeOf(second)).toBe(0o600);
    }
  });

  test('of one without: whoever may read the installer', async () => {
    const { folder, path } = await bundleFile();
    const installer = join(folder, 'installer.iso');
    await copyFile(installers.uefi, installer);
    const modes = new Map([
      [0o644, 0o644],
      [0o640, 0o640],
      [0o400, 0o600],
    ]);
    for (const [mode, expected] of modes) {
      await chmod(installer, mode);
      const output = join(folder, `${mode}.iso`);
      await embed({ installer, output, content: [path] });
      expect(await modeOf(output)).toBe(expected);
    }
  });
});

describe('what is in an installer already', () => {
  test('configuration is replaced, in the place where it is, and the result says so', async () => {
    const { folder } = await bundleFile();
    const [first, second, third] = [join(folder, '1.iso'), join(folder, '2.iso'), join(folder, '3.iso')];
    await embed({ output: first, userData: await userDataFile(folder) });
    const other = '#cloud-config\nstylus: {site: {}}\n';
    const { replaced } = await embed({
      installer: first,
      output: second,
      userData: await userDataFile(folder, other),
    });
    expect(replaced).toEqual(['config.yaml']);
    expect((await extracted(second)).get('config.yaml')?.toString()).toBe(other);

    const older = await withFile(installers.aurora, 'files-iso/config.yaml', join(folder, 'older.iso'));
    await embed({ installer: older, output: third, userData: await userDataFile(folder, other) });
    const files = await extracted(third);
    expect(files.get('files-iso/config.yaml')?.toString()).toBe(other);
    expect(files.has('config.yaml')).toBe(false);
  });

  test('content of the same name is replaced on request only, with all its pieces; other content stays', async () => {
    const { folder, path, sample } = await bundleFile();
    const other = join(folder, 'other.tar.zst');
    await writeFile(other, sample.bytes);
    const [first, second] = [join(folder, '1.iso'), join(folder, '2.iso')];
    await embed({ output: first, content: [path, other], pieceSize: 6000 });

    const again = { installer: first, output: second, content: [path] };
    const refused = await rejection(embed(again));
    expect(refused).toMatchObject({ code: 'CONTENT_TAKEN', kind: 'usage' });
    expect(refused.suggestions.join()).toContain('--replace');

    const { replaced, otherContent } = await embed({ ...again, replaces: true });
    expect(replaced).toEqual(['00', '01', '02'].map((n) => `opt/spectrocloud/content/edge.tar.zst_part${n}`));
    expect(otherContent).toEqual(
      ['00', '01', '02'].map((n) => `opt/spectrocloud/content/other.tar.zst_part${n}`),
    );
    const names = [...(await extracted(second)).keys()].filter((name) => name.includes('edge.tar.zst'));
    expect(names).toEqual(['opt/spectrocloud/content/edge.tar.zst_part00']);
  });
});

/** The installer with one more file, as its own build would make it. */
async function withFile(installer: string, path: string, output: string): Promise<string> {
  const source = `${output}.source`;
  await writeFile(source, '#cloud-config\n');
  const image = ['-indev', installer, '-outdev', output, '-joliet', 'on', '-boot_image', 'any', 'replay'];
  await run(requireTool('xorriso'), [...image, '-map', source, `/${path}`]);
  return output;
}
