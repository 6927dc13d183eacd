import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Ajv } from 'ajv';
import type { AnySchemaObject, ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

import { isRecord } from '../../src/io/is-record.ts';
import { digestOf } from '../../src/oci/digest.ts';

const runFile = promisify(execFile);

/**
 * Go modules that carry the schemas as their projects publish them, which scripts/setup.mjs fetches. All are Apache-2.0; the schemas Apache-2.0
 * (CycloneDX, Argo) and CC-BY-3.0 (SPDX).
 */
const modules: { readonly argo: string; readonly cyclonedx: string; readonly syft: string } = JSON.parse(
  readFileSync(new URL('../../scripts/schema-modules.json', import.meta.url), 'utf8'),
);

interface SchemaFile {
  readonly module: string;
  readonly path: string;
  readonly digest: string;
}

const files = {
  argo: {
    module: modules.argo,
    path: 'api/jsonschema/schema.json',
    digest: '98df6174460702d2c178cd54c6fb3f597985c9969bb5ae79ad7e55e2d47c0b39',
  },
  bom: {
    module: modules.cyclonedx,
    path: 'schema/bom-1.6.schema.json',
    digest: '3e92dddbc30cf7f6a02b80f0942b1a4cfd4fb1c26f1dfc4310afa9d613cafb93',
  },
  licences: {
    module: modules.cyclonedx,
    path: 'schema/spdx.schema.json',
    digest: '669315cee4265ad6d742e92d7afb062fb4847abe754d3ade544b7c40482d0a48',
  },
  signatures: {
    module: modules.cyclonedx,
    path: 'schema/jsf-0.82.schemax.json',
    digest: 'a517f9e483e2252debd23d5c62edb72805b6d3932935a6ebb8196745052d2dc3',
  },
  spdx: {
    module: modules.syft,
    path: 'schema/spdx-json/spdx-schema-2.3.json',
    digest: 'c2e139546ef93597d3b1214d1d452369d0b536af6c6d6500dbd25c582034aa7c',
  },
} satisfies Readonly<Record<string, SchemaFile>>;

/** The schema of CycloneDX 1.6, with those that it names (CycloneDX/specification, schema/). */
export async function cyclonedxSchema(): Promise<ValidateFunction> {
  const ajv = newAjv();
  ajv.addSchema(await schemaOf(files.licences), 'http://cyclonedx.org/schema/spdx.schema.json');
  ajv.addSchema(await schemaOf(files.signatures), 'http://cyclonedx.org/schema/jsf-0.82.schema.json');
  return ajv.compile(await schemaOf(files.bom));
}

/** The schema of SPDX 2.3 (spdx/spdx-spec, schemas/). */
export async function spdxSchema(): Promise<ValidateFunction> {
  return newAjv().compile(await schemaOf(files.spdx));
}

/** The schema of workflows of Argo, in which fields that are not known are wrong, too: as the server takes them, and as it drops them. */
export async function argoWorkflowSchema(): Promise<ValidateFunction> {
  const schema = await schemaOf(files.argo);
  const definitions = isRecord(schema['definitions']) ? schema['definitions'] : {};
  const closed = Object.entries(definitions).map(([name, definition]) => [
    name,
    isRecord(definition) && isRecord(definition['properties']) && !('additionalProperties' in definition)
      ? { ...definition, additionalProperties: false }
      : definition,
  ]);
  return newAjv().compile({
    $ref: '#/definitions/io.argoproj.workflow.v1alpha1.Workflow',
    definitions: Object.fromEntries(closed),
  });
}

function newAjv(): Ajv {
  // Formats of internationalised addresses are in no kept library: what is written here are plain ones.
  const ajv = new Ajv({ strict: false, formats: { 'iri-reference': true, 'idn-email': true } });
  addFormats.default(ajv);
  return ajv;
}

async function schemaOf({ module, path, digest }: SchemaFile): Promise<AnySchemaObject> {
  const bytes = await readFile(join(await moduleFolder(module), path));
  if (digestOf(bytes) !== `sha256:${digest}`) throw new Error(`${path} of ${module} is not what it was`);
  const schema: unknown = JSON.parse(bytes.toString());
  if (!isRecord(schema)) throw new Error(`${path} of ${module} is no schema`);
  return schema;
}

/** Go keeps what it downloaded, and checks it by its checksum database. */
async function moduleFolder(module: string): Promise<string> {
  const { stdout } = await runFile('go', ['mod', 'download', '-json', module], { cwd: tmpdir() });
  const answer: unknown = JSON.parse(stdout);
  if (!isRecord(answer) || typeof answer['Dir'] !== 'string') throw new Error(`there is no ${module}`);
  return answer['Dir'];
}
