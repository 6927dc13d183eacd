import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';
import type { ValidateFunction } from 'ajv';

import { isRecord } from '../../src/io/is-record.ts';
import { reportSbom } from '../../src/workflows/report-sbom.ts';
import type { SbomRequest, SbomResult } from '../../src/workflows/report-sbom.ts';
import { goProgram } from '../support/go-program.ts';
import { cyclonedxSchema, spdxSchema } from '../support/official-schemas.ts';
import { rejection } from '../support/rejection.ts';
import { addReportImage, debianLayer, reportBundle } from '../support/report-bundle.ts';
import { requireTool } from '../support/required-tools.ts';
import { richBundle, writtenBundle } from '../support/rich-bundle.ts';
import { imageToBundle } from '../support/sample-bundle.ts';
import { graphOf } from '../support/sample-images.ts';
import { squeezedFiles } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { bundle } = await reportBundle();
const schemas: { spdx?: ValidateFunction; cyclonedx?: ValidateFunction } = {};

beforeAll(async () => {
  schemas.spdx = await spdxSchema();
  schemas.cyclonedx = await cyclonedxSchema();
}, 300_000);

/** What a schema says is wrong. */
function problemsOf(schema: ValidateFunction | undefined, document: unknown): readonly unknown[] {
  if (schema === undefined) throw new Error('the schema was not read');
  schema(document);
  return schema.errors ?? [];
}

function textIn(each: Readonly<Record<string, unknown>> | undefined, name: string): string {
  const value: unknown = each?.[name];
  return typeof value === 'string' ? value : '';
}

interface Written {
  readonly result: SbomResult;
  readonly text: string;
  readonly document: Readonly<Record<string, unknown>>;
  readonly progress: { total: number; done: number };
}

async function report(path: string, changes: Partial<SbomRequest> = {}): Promise<Written> {
  const output = join(await temporaryFolder(), 'report.json');
  const progress = { total: 0, done: 0 };
  const listener = {
    onStart: (total: number) => (progress.total += total),
    onBytes: (count: number) => (progress.done += count),
  };
  const request: SbomRequest = {
    format: 'spdx',
    patterns: [],
    tool: { name: 'palette-edge', version: '9.9.9' },
    moment: undefined,
    output: { path: output },
    ...changes,
  };
  const result = await reportSbom(path, request, { listener, signal: new AbortController().signal });
  const text = await readFile(output, 'utf8');
  const document: unknown = JSON.parse(text);
  if (!isRecord(document)) throw new Error('it is no object');
  return { result, text, document, progress };
}

function listOf(document: Readonly<Record<string, unknown>>, name: string): Record<string, unknown>[] {
  const list: unknown = document[name];
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

/** All components, however deep, by name. */
function componentsOf(document: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  return listOf(document, 'components').flatMap((component) => [component, ...componentsOf(component)]);
}

describe('a bill of materials', () => {
  test('in SPDX passes the official schema, and names everything in the bundle', async () => {
    const { result, document, progress } = await report(await writtenBundle(bundle));
    expect(problemsOf(schemas.spdx, document)).toEqual([]);
    expect(result).toMatchObject({ packages: { apk: 1, deb: 4, npm: 1, pypi: 1 }, warnings: [] });
    expect(progress.done).toBe(progress.total);
    const names = listOf(document, 'packages').map(({ name }) => name);
    for (const { reference } of bundle.plan.inventory.images.filter(
      ({ artifactType }) => artifactType === undefined,
    ))
      expect(names).toContain(reference);
    expect(names).toEqual(
      expect.arrayContaining(['web', 'models/model.bin', 'debian', 'musl', 'left', 'libz']),
    );
    expect(document['creationInfo']).toEqual({
      created: '2024-05-06T05:08:09Z',
      creators: ['Tool: palette-edge-9.9.9'],
    });
  });

  test('in SPDX leads from the document to every element, and to no other', async () => {
    const { document } = await report(await writtenBundle(bundle));
    const ids = listOf(document, 'packages').map((each) => each['SPDXID']);
    expect(new Set(ids).size).toBe(ids.length);
    const ends = listOf(document, 'relationships').map((each) => each['relatedSpdxElement']);
    expect(new Set(ends)).toEqual(new Set(ids));
    const tools = listOf(document, 'packages').filter(({ name }) => name === 'tool');
    const needs = listOf(document, 'relationships').filter(
      (each) => each['relationshipType'] === 'DEPENDS_ON',
    );
    expect(new Set(needs.map((each) => each['spdxElementId']))).toEqual(
      new Set(tools.map((each) => each['SPDXID'])),
    );
  });

  test('in SPDX explains licences that are not on the list', async () => {
    const { document } = await report(await writtenBundle(bundle));
    const packages = listOf(document, 'packages');
    expect(packages.find(({ name }) => name === 'left')).toMatchObject({ licenseDeclared: 'MIT' });
    const explained = listOf(document, 'hasExtractedLicensingInfos').at(0);
    expect(textIn(explained, 'extractedText')).toBe('as you like\u202E');
    expect(
      textIn(
        packages.find(({ name }) => name === 'odd'),
        'licenseDeclared',
      ),
    ).toBe(textIn(explained, 'licenseId'));
  });

  test('in CycloneDX passes the official schema, and has packages inside of their image', async () => {
    const { document } = await report(await writtenBundle(bundle), { format: 'cyclonedx' });
    expect(problemsOf(schemas.cyclonedx, document)).toEqual([]);
    const components = componentsOf(document);
    const refs = components.map((each) => each['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    const known = new Set([...refs, 'Bundle']);
    for (const { ref, dependsOn } of listOf(document, 'dependencies'))
      for (const each of [ref, ...(Array.isArray(dependsOn) ? dependsOn : [])]) expect(known).toContain(each);
    const app = listOf(document, 'components').find(({ name }) => name === 'quay.io/org/app:1') ?? {};
    expect(componentsOf(app).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['debian', 'left', 'libz', 'odd', 'tool']),
    );
    const left = components.find(({ name }) => name === 'left');
    expect(left).toMatchObject({
      purl: 'pkg:npm/left@1.3.0',
      licenses: [{ expression: 'MIT' }],
      evidence: { occurrences: [{ location: '/app/node_modules/left/package.json' }] },
    });
  });

  test('shows no characters that steer a terminal', async () => {
    for (const format of ['spdx', 'cyclonedx'] as const) {
      const { text } = await report(await writtenBundle(bundle), { format });
      expect(text).toContain(String.raw`as you like\u202e`);
      expect(text).not.toMatch(/[\u202E\u007F-\u009F]/);
    }
  });

  test('is the same for the squeezed bundle', async () => {
    const { plain, squeezed } = await squeezedFiles(bundle.bytes);
    for (const format of ['spdx', 'cyclonedx'] as const) {
      const [first, second] = [await report(plain, { format }), await report(squeezed, { format })];
      expect(second.text).toBe(first.text);
    }
  });

  test('tells the moment that it is given, and another identity for it', async () => {
    const path = await writtenBundle(bundle);
    const [first, second] = [await report(path), await report(path, { moment: 86_400 })];
    expect(second.document['creationInfo']).toMatchObject({ created: '1970-01-02T00:00:00Z' });
    expect(second.document['documentNamespace']).not.toBe(first.document['documentNamespace']);
  });

  test('tells no moment of an image behind the year 9999, which documents cannot', async () => {
    const { bundle: late } = await richBundle(async (content, blobs) => {
      const created = '9999-12-31T23:59:59-01:00';
      const image = await addReportImage(blobs, [[debianLayer, 'gzip']], { created });
      return { ...content, images: [imageToBundle('quay.io/org/late:1', await graphOf(blobs, image))] };
    });
    const { document } = await report(await writtenBundle(late));
    expect(document['creationInfo']).toMatchObject({ created: '1970-01-01T00:00:00Z' });
  });

  test('of some images lists these and no files', async () => {
    const { document } = await report(await writtenBundle(bundle), { patterns: ['**/small'] });
    const names = listOf(document, 'packages').map(({ name }) => name);
    expect(names).toContain('musl');
    expect(names).not.toContain('libz');
    expect(names).not.toContain('copy.bin');
    expect(problemsOf(schemas.spdx, document)).toEqual([]);
  });
});

describe('real packages', () => {
  test('of dpkg and Go are those that dpkg-query and go version list', async () => {
    const crane = goProgram('crane');
    const program = crane.includes('/') ? crane : execFileSync('which', [crane], { encoding: 'utf8' }).trim();
    const real = await richBundle(async (content, blobs) => {
      const image = await addReportImage(blobs, [
        [{ ...debianLayer, 'var/lib/dpkg/status': readFileSync('/var/lib/dpkg/status') }, 'gzip'],
        [{ 'usr/bin/crane': readFileSync(program) }, 'none'],
      ]);
      return { ...content, images: [imageToBundle('quay.io/org/real:1', await graphOf(blobs, image))] };
    });
    const { document } = await report(await writtenBundle(real.bundle));
    const purls = listOf(document, 'packages').flatMap((each) => {
      const purl = textIn(listOf(each, 'externalRefs').at(0), 'referenceLocator');
      return [[purl, `${textIn(each, 'name')} ${textIn(each, 'versionInfo')}`] as const];
    });
    const ofType = (type: string): string[] =>
      purls
        .filter(([purl]) => purl.startsWith(`pkg:${type}/`))
        .map(([, text]) => text)
        .toSorted();
    const format = '${Package} ${Version} ${db:Status-Status}\n';
    const installed = execFileSync(requireTool('dpkg-query'), ['-W', '-f', format], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .filter((line) => !/ (?:config-files|not-installed|half-installed)$/.test(line))
      .map((line) => line.split(' ').slice(0, 2).join(' '));
    expect(ofType('deb')).toEqual(installed.toSorted());
    const modules = execFileSync('go', ['version', '-m', program], { encoding: 'utf8' })
      .split('\n')
      .flatMap((line) => {
        const [, kind, name, version] = line.split('\t');
        return kind === 'dep' ? [`${name} ${version}`] : [];
      });
    expect(ofType('golang')).toEqual(expect.arrayContaining(modules));
    // The program itself and the standard library.
    expect(ofType('golang')).toHaveLength(modules.length + 2);
    expect(problemsOf(schemas.spdx, document)).toEqual([]);
  });
});

describe('what cannot be read', () => {
  test('is a warning that names image, layer and file', async () => {
    const damaged = await richBundle(async (content, blobs) => {
      const image = await addReportImage(blobs, [[{ 'var/lib/rpm/rpmdb.sqlite': 'no database' }, 'gzip']]);
      return { ...content, images: [imageToBundle('quay.io/org/odd:1', await graphOf(blobs, image))] };
    });
    const { result } = await report(await writtenBundle(damaged.bundle));
    expect(result.warnings).toMatchObject([{ code: 'PACKAGES_UNREAD' }]);
    expect(result.warnings[0]?.message).toMatch(
      /^quay\.io\/org\/odd:1 \(linux\/amd64\): \/var\/lib\/rpm\/rpmdb\.sqlite of layer sha256:/,
    );
  });

  test('fails when nothing is chosen, and when something is there already', async () => {
    const path = await writtenBundle(bundle);
    expect(await rejection(report(path, { patterns: ['nothing'] }))).toMatchObject({ code: 'NO_SUCH_IMAGE' });
    expect(await rejection(report(path, { output: { path } }))).toMatchObject({ code: 'OUTPUT_TAKEN' });
  });
});
