import { text } from 'node:stream/consumers';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { expect, onTestFinished } from 'vitest';

import { isRecord } from '../../src/io/is-record.ts';
import { startServer } from './loopback-server.ts';
import type { LoopbackServer } from './loopback-server.ts';
import { samplePalette } from './palette-server-data.ts';
import type { PaletteData } from './palette-server-data.ts';
import { operationOf, replyDeviation } from './palette-server-description.ts';
import type { DescribedReply, Operation } from './palette-server-description.ts';

type Json = Readonly<Record<string, unknown>>;

/** Answers in place of the server; returns false to let it answer. Only what a broken server sends need be sent so. */
export type Fault = (
  operation: Operation,
  response: ServerResponse,
  request: IncomingMessage,
) => boolean | Promise<boolean>;

/** A Palette of the running test. */
export interface PaletteServer extends LoopbackServer {
  /** Ids of the operations that were asked for, in the order of arrival. */
  readonly operations: string[];
}

/** What the server holds and does. */
export interface PaletteServerOptions {
  readonly data?: PaletteData;
  readonly fault?: Fault;
  /** The largest page of a list; as the description says unless set. */
  readonly pageSize?: number;
}

/**
 * Starts a Palette with sample data. Every request, and every reply that is no fault, is checked against the description in
 * fixtures/palette-api; a deviation fails the test.
 */
export async function startPaletteServer(options: PaletteServerOptions = {}): Promise<PaletteServer> {
  const { data = samplePalette(), fault, pageSize = 50 } = options;
  const deviations: string[] = [];
  const operations: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const operation = operationOf({
      method: request.method ?? '',
      target: request.url ?? '',
      contentType: request.headers['content-type'],
      body,
    });
    if (typeof operation === 'string') {
      deviations.push(operation);
      return send(response, failure(400, 'NotDescribed', operation));
    }
    operations.push(operation.id);
    if (fault !== undefined && (await fault(operation, response, request))) return undefined;
    const reply = refusalOf(request, data) ?? replyTo({ operation, body, data, pageSize });
    // The description has no failures; all have the same body.
    const deviation = reply.status >= 400 ? undefined : replyDeviation(operation, reply);
    if (deviation !== undefined) deviations.push(deviation);
    return send(response, reply);
  };
  const server = await startServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      deviations.push(String(error));
      response.destroy();
    });
  });
  onTestFinished(() => expect(deviations).toEqual([]));
  return { ...server, operations };
}

/** The error body of the API. */
export function failure(status: number, code: string, message: string): DescribedReply {
  const body = { code, message, details: `details of ${code}`, ref: 'a1b2c3' };
  return { status, contentType: 'application/json', body: Buffer.from(JSON.stringify(body)) };
}

/** Sends a reply. */
export function send(response: ServerResponse, { status, contentType, body }: DescribedReply): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': body.length }).end(body);
}

function refusalOf(
  { headers }: IncomingMessage,
  { apiKey, projectUid }: PaletteData,
): DescribedReply | undefined {
  if (headers['apikey'] !== apiKey) {
    return failure(401, 'InvalidApiKey', `the key ${String(headers['apikey'])} is not known`);
  }
  const project = headers['projectuid'];
  if (project === undefined || project === projectUid) return undefined;
  return failure(403, 'OperationForbidden', 'no access to the project');
}

interface Asked {
  readonly operation: Operation;
  readonly body: string;
  readonly data: PaletteData;
  readonly pageSize: number;
}

const replies: Readonly<Partial<Record<string, (asked: Asked) => DescribedReply>>> = {
  v1ClusterProfilesGet: ({ operation: { pathValues }, data }) =>
    found(data.profiles.get(pathValues['uid'] ?? ''), `ClusterProfile ${pathValues['uid']}`),
  V1ClusterProfilesUidVariablesGet: ({ operation: { pathValues }, data }) =>
    json({ variables: data.variables.get(pathValues['uid'] ?? '') ?? [] }),
  v1ClusterProfilesUidPacksNameManifestsUidGet: ({ operation: { pathValues }, data }) => {
    const content = data.manifests.get(pathValues['manifestUid'] ?? '');
    return found(content === undefined ? undefined : { spec: { published: { content } } }, 'Manifest');
  },
  v1ServiceVersionGet: ({ operation: { pathValues }, data }) => {
    const { serviceName: name = '' } = pathValues;
    const service = data.services.get(name);
    if (service === undefined) return failure(404, 'ResourceNotFound', `Service ${name} not found`);
    return json({
      spec: { name, latestVersion: { name: 'version.yaml', content: `version: ${service.version}\n` } },
    });
  },
  v1ServiceManifestGet: ({ operation: { pathValues, query }, data }) => {
    const { serviceName: name = '', version } = pathValues;
    const service = data.services.get(name);
    const resource = query.get('resourceFilename');
    if (
      service === undefined ||
      service.version !== version ||
      query.get('action') !== 'resources' ||
      resource !== 'images.yaml'
    )
      return failure(404, 'ResourceNotFound', 'no such manifest');
    return json({ spec: { name, version, manifests: [{ name: resource, content: service.images }] } });
  },
  v1ClusterProfilesFilterSummary: profilePage,
  v1SpectroClustersSpcDownload: ({ body, data }) => {
    const profiles = listOf(recordOf(recordOf(JSON.parse(body))['spec'])['profiles']);
    const missing = profiles.find((profile) => !data.profiles.has(String(recordOf(profile)['uid'])));
    if (missing !== undefined) return failure(404, 'ResourceNotFound', 'ClusterProfile not found');
    return { status: 200, contentType: 'application/octet-stream', body: data.definition };
  },
};

function replyTo(asked: Asked): DescribedReply {
  const reply = replies[asked.operation.id];
  if (reply === undefined) throw new Error(`the server of the tests has no ${asked.operation.id}`);
  return reply(asked);
}

/** Tokens are opaque to clients: where the next page begins, in disguise. */
function profilePage({ operation: { query }, data, pageSize }: Asked): DescribedReply {
  const token = query.get('continue');
  const start = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString().slice(5));
  if (token !== null && query.get('offset') !== String(start))
    return failure(400, 'InvalidOffset', 'offset and continue disagree');
  const limit = Math.min(pageSize, Number(query.get('limit') ?? pageSize));
  const all = [...data.profiles.values()].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const end = Math.min(all.length, start + limit);
  const isLast = end === all.length;
  const listmeta = {
    continue: isLast ? '' : Buffer.from(`page ${end}`).toString('base64url'),
    offset: isLast ? 0 : end,
    count: all.length,
    limit: end - start,
  };
  return json({ items: all.slice(start, end).map(summaryOf), listmeta });
}

function summaryOf(profile: Json): Json {
  const { version, versions, published, draft } = recordOf(profile['spec']);
  const shown = (template: unknown): Json | undefined => {
    if (!isRecord(template)) return undefined;
    const { type, cloudType } = template;
    return { type, cloudType, packs: [] };
  };
  return {
    metadata: profile['metadata'],
    specSummary: { version, versions, published: shown(published), draft: shown(draft) },
    status: { isPublished: published !== undefined },
  };
}

function nameOf(profile: Json): string {
  return String(recordOf(profile['metadata'])['name']);
}

function found(value: unknown, what: string): DescribedReply {
  return value === undefined ? failure(404, 'ResourceNotFound', `${what} not found`) : json(value);
}

function json(value: unknown): DescribedReply {
  return { status: 200, contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) };
}

function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
