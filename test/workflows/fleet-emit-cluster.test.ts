import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, expect, test } from 'vitest';

import { contentPaths } from '../../src/fleet/cluster-layout.ts';
import { isRecord } from '../../src/io/is-record.ts';
import { loadFleet } from '../../src/workflows/fleet-files.ts';
import { emittedChecks, emittedMistakes } from '../support/emitted-checks.ts';
import { emittedFleet, emittedFor } from '../support/emitted-fleet.ts';
import { laidOut, objectsOf } from '../support/emitted-objects.ts';
import type { EmittedContainer, EmittedObject } from '../support/emitted-objects.ts';
import { argoWorkflowSchema } from '../support/official-schemas.ts';
import { rejection } from '../support/rejection.ts';

beforeAll(() => void emittedChecks(), 300_000);

/** What a container builds, as it finds it. */
async function bundleOf({ args, volumeMounts }: EmittedContainer, objects: readonly EmittedObject[]) {
  const root = await laidOut({ args, volumeMounts }, objects);
  const [, , file = '', , name = ''] = args;
  const { plan, folder } = await loadFleet(join(root, file), true);
  const bundle = plan.bundles.find((planned) => planned.name === name);
  if (bundle === undefined) throw new Error(`the plan has no ${name}`);
  return { content: bundle.content, folder };
}

test('objects are as Kubernetes has them; a job finds the plan that names its bundle, and the files that it needs', async () => {
  const text = await emittedFor('kubernetes', await emittedFleet());
  expect(emittedMistakes('kubernetes', text)).toEqual([]);
  expect(emittedMistakes('kubernetes', text.replace('backoffLimit', 'backofLimit'))).not.toEqual([]);
  const objects = objectsOf(text);
  const jobs = objects.filter(({ kind }) => kind === 'Job');
  expect(jobs).toHaveLength(5);
  for (const { spec } of jobs) {
    const [container] = spec.template.spec.containers;
    const { content, folder } = await bundleOf(container, objects);
    for (const path of contentPaths(content))
      expect((await readFile(join(folder, path), 'utf8')).length).toBeGreaterThan(0);
    const mounted = container.volumeMounts.map(({ mountPath }) => mountPath);
    expect(mounted).toContain('/fleet/files/bundles');
    expect(mounted.includes('/fleet/files/keys/vendor key.pem')).toBe(content.name === 'shop');
  }
  // Values are those of flags: no variable of a pod.
  expect(text).toContain("it's $$(here)");
  expect(text).not.toContain('A secret');
  expect(text).not.toMatch(/[\u202E\u2028]/);
  expect(objects.flatMap(({ kind, data }) => (kind === 'ConfigMap' ? Object.values(data) : []))).toContain(
    'name: shop\n# \u202E \u2028 yes\n',
  );
});

test('a workflow of Argo fits its schema, and has all bundles', async () => {
  const fleet = await emittedFleet();
  const text = await emittedFor('argo', fleet, { parallel: 3 });
  const workflow = objectsOf(text).find(({ kind }) => kind === 'Workflow');
  const validate = await argoWorkflowSchema();
  expect({ isValid: validate(workflow), errors: validate.errors }).toEqual({ isValid: true, errors: null });
  expect(validate({ ...workflow, spec: { ...workflow?.spec, entry: 'fleet' } })).toBe(false);
  const { plan } = await loadFleet(join(fleet.root, fleet.fleetFile), true);
  const items = [...text.matchAll(/^ +- ((?:shop|depot)-[0-9a-f-]+(?:-from-[0-9a-f]+)?)$/gm)].map(
    ([, name]) => name,
  );
  expect(items.toSorted()).toEqual(plan.bundles.map(({ name }) => name));
  const container = workflow?.spec.templates.find(({ name }) => name === 'build-shop')?.container;
  expect(container?.args[4]).toBe('{{inputs.parameters.bundle}}');
});

test('the same files give the same bytes anywhere; another state gives other jobs', async () => {
  const [one, two] = [await emittedFleet(), await emittedFleet()];
  const text = await emittedFor('kubernetes', one);
  expect(await emittedFor('kubernetes', two)).toBe(text);
  await rm(join(two.root, 'fleet/fleet-state.jsonl'));
  const names = (emitted: string): string[] =>
    objectsOf(emitted)
      .filter(({ kind }) => kind === 'Job')
      .map(({ metadata }) => metadata.name);
  const before = new Set(names(text));
  expect(names(await emittedFor('kubernetes', two)).filter((name) => before.has(name))).toEqual([]);
});

test('files are shared out among ConfigMaps, and what fits in none is refused', async () => {
  const fleet = await emittedFleet();
  const line = 'docker.io/library/busybox:1.37\n';
  const list = join(fleet.root, 'fleet/lists/shop.txt');
  await writeFile(list, line.repeat(30_000));
  await writeFile(join(fleet.root, 'fleet/lists/depot.yaml'), `# ${line}`.repeat(15_000));
  const maps = objectsOf(await emittedFor('kubernetes', fleet)).filter(({ kind }) => kind === 'ConfigMap');
  expect(maps.map(({ data }) => Object.keys(data).map((key) => key.replace(/^\d+-/, '')))).toEqual([
    ['fleet.yaml', 'fleet-state.jsonl', 'fleet.yaml', 'fleet-state.jsonl', 'shop.yaml', 'depot.yaml'],
    ['shop.txt'],
  ]);
  await writeFile(list, line.repeat(40_000));
  expect(await rejection(emittedFor('kubernetes', fleet))).toMatchObject({
    code: 'FLEET_FILE_TOO_LARGE',
    message: expect.stringContaining('lists/shop.txt: expected at most 1048576 bytes'),
  });
});

test('a file is mounted once, however it is spelt; keys elsewhere have names that secrets may have', async () => {
  const fleet = await emittedFleet();
  const path = join(fleet.root, fleet.fleetFile);
  const text = (await readFile(path, 'utf8'))
    .replace('[lists/shop.txt]', '[lists/shop.txt, ./lists/shop.txt, fleet.yaml]')
    .replace('keys/vendor key.pem', '../keys/vendor key.pem');
  await writeFile(path.replace('fleet.yaml', 'my.yaml'), text);
  const own = { root: fleet.root, fleetFile: 'fleet/my.yaml' };
  const objects = objectsOf(await emittedFor('kubernetes', own));
  for (const { kind, spec } of objects) {
    if (kind !== 'Job') continue;
    const [container] = spec.template.spec.containers;
    const paths = container.volumeMounts.map(({ mountPath }) => mountPath);
    expect(paths).toEqual([...new Set(paths)]);
    expect((await bundleOf(container, objects)).content.name).toMatch(/^(?:shop|depot)$/);
    const keys = container.volumeMounts.filter(({ name }) => name === 'keys');
    for (const { subPath } of keys) expect(subPath).toBe('keys_vendor_key.pem');
  }
  await writeFile(path, text.replace('lists/shop.txt', '"lists/a:b.txt"'));
  await writeFile(join(fleet.root, 'fleet/lists/a:b.txt'), 'busybox\n');
  expect(await rejection(emittedFor('argo', fleet))).toMatchObject({
    code: 'FLEET_EMIT_PATH',
    message: expect.stringContaining('lists/a:b.txt'),
  });
});

test('a volume for several nodes is one, and its pods may be anywhere', async () => {
  const fleet = await emittedFleet();
  const one = await emittedFor('kubernetes', fleet);
  const many = await emittedFor('kubernetes', fleet, { isManyNodes: true, storageClass: 'nfs' });
  expect(emittedMistakes('kubernetes', many)).toEqual([]);
  const claim = (text: string) => objectsOf(text).find(({ kind }) => kind === 'PersistentVolumeClaim')?.spec;
  expect([claim(one)?.accessModes, claim(many)?.accessModes]).toEqual([['ReadWriteOnce'], ['ReadWriteMany']]);
  expect([one.includes('podAffinity'), many.includes('podAffinity')]).toEqual([true, false]);
});

test('what Argo would evaluate is refused', async () => {
  const fleet = await emittedFleet();
  const path = join(fleet.root, fleet.fleetFile);
  await writeFile(path, (await readFile(path, 'utf8')).replace('lists/shop.txt', '"{{workflow.name}}.txt"'));
  await writeFile(join(fleet.root, 'fleet/{{workflow.name}}.txt'), 'busybox\n');
  expect(await rejection(emittedFor('argo', fleet))).toMatchObject({ code: 'FLEET_EMIT_TEXT' });
  expect(isRecord(objectsOf(await emittedFor('kubernetes', fleet))[0])).toBe(true);
});
