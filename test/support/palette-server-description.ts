import { readFileSync } from 'node:fs';

import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

import { isRecord } from '../../src/io/is-record.ts';

type Json = Readonly<Record<string, unknown>>;

/** A request as it arrived. */
export interface DescribedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly contentType: string | undefined;
  readonly body: string;
}

/** A reply as it is going to be sent. */
export interface DescribedReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** An operation of the description, and what was asked of it. */
export interface Operation {
  /** `operationId`. */
  readonly id: string;
  readonly pathValues: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

interface Described {
  readonly operation: Json;
  readonly parameters: readonly Json[];
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly method: string;
}

const file = new URL('../../fixtures/palette-api/palette-api.swagger.json', import.meta.url);
const description = recordOf(JSON.parse(readFileSync(file, 'utf8')));
const definitions = closed(description['definitions']);
const operations = Object.entries(recordOf(description['paths'])).flatMap(([path, item]) =>
  describedIn(path, recordOf(item)),
);
const strict = addFormats.default(new Ajv({ strict: false, allErrors: true }));
/** Path and query are texts. */
const coercing = addFormats.default(new Ajv({ strict: false, allErrors: true, coerceTypes: true }));
const validators = new Map<string, ValidateFunction>();

/** The operation that a request is for; a text says what deviates from the description. */
export function operationOf(request: DescribedRequest): Operation | string {
  const url = new URL(request.target, 'http://palette');
  const found = operations.find(
    ({ method, pattern }) => method === request.method.toLowerCase() && pattern.test(url.pathname),
  );
  if (found === undefined) return `${request.method} ${url.pathname} is not described`;
  const values = found.pattern.exec(url.pathname)?.slice(1).map(decodeURIComponent) ?? [];
  const pathValues = Object.fromEntries(found.names.map((name, index) => [name, values[index] ?? '']));
  const deviating = parameterDeviation(found, pathValues, url.searchParams) ?? bodyDeviation(found, request);
  return deviating ?? { id: idOf(found), pathValues, query: url.searchParams };
}

/** What of a reply deviates from the description; undefined for nothing. */
export function replyDeviation({ id }: Pick<Operation, 'id'>, reply: DescribedReply): string | undefined {
  const found = operations.find((described) => idOf(described) === id);
  const response = recordOf(recordOf(found?.operation['responses'])[String(reply.status)]);
  const schema = recordOf(response['schema']);
  const produces = found?.operation['produces'] ?? description['produces'];
  if (Object.keys(schema).length === 0) return `${id}: status ${reply.status} is not described`;
  if (!Array.isArray(produces) || !produces.includes(reply.contentType))
    return `${id}: ${reply.contentType} is not what it produces`;
  if (schema['format'] === 'binary') return undefined;
  return deviation(`${id} reply`, schema, JSON.parse(Buffer.from(reply.body).toString()));
}

function describedIn(path: string, item: Json): Described[] {
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => name);
  const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`);
  return ['get', 'post', 'put', 'patch', 'delete'].flatMap((method) => {
    const operation = item[method];
    if (!isRecord(operation)) return [];
    const parameters = [...listOf(item['parameters']), ...listOf(operation['parameters'])].map(recordOf);
    return [{ operation, parameters, pattern, names, method }];
  });
}

function parameterDeviation(
  found: Described,
  pathValues: Operation['pathValues'],
  query: URLSearchParams,
): string | undefined {
  for (const [place, values] of [
    ['path', pathValues],
    ['query', Object.fromEntries(query)],
  ] as const) {
    const declared = found.parameters.filter((parameter) => parameter['in'] === place);
    const schema = {
      type: 'object',
      additionalProperties: false,
      required: declared.filter(({ required }) => required === true).map(({ name }) => String(name)),
      properties: Object.fromEntries(
        declared.map(({ name, in: _in, required: _required, ...rest }) => [String(name), rest]),
      ),
    };
    const validate = coercing.compile(schema);
    if (!validate({ ...values })) return `${idOf(found)}: ${place}: ${coercing.errorsText(validate.errors)}`;
  }
  return undefined;
}

function bodyDeviation(found: Described, { body, contentType }: DescribedRequest): string | undefined {
  const parameter = found.parameters.find((candidate) => candidate['in'] === 'body');
  if (parameter === undefined) return body === '' ? undefined : `${idOf(found)}: it takes no body`;
  if (contentType !== 'application/json') return `${idOf(found)}: the body is ${contentType}`;
  return deviation(`${idOf(found)} body`, recordOf(parameter['schema']), JSON.parse(body));
}

function deviation(title: string, schema: Json, value: unknown): string | undefined {
  const validate = validators.get(title) ?? strict.compile({ ...recordOf(closed(schema)), definitions });
  validators.set(title, validate);
  return validate(value) ? undefined : `${title}: ${strict.errorsText(validate.errors)}`;
}

/** The words of Swagger 2.0 that JSON Schema lacks; and a field that is not described is refused. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isRecord(schema)) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  if (isRecord(schema['properties']) && schema['additionalProperties'] === undefined)
    copy['additionalProperties'] = false;
  if (schema['x-nullable'] !== true) return copy;
  return { anyOf: [copy, { type: 'null' }] };
}

function idOf({ operation }: Described): string {
  return String(operation['operationId']);
}

function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
