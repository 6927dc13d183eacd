import { PaletteEdgeError } from '../errors.ts';
import type { HttpResponse } from '../http/http-response.ts';
import type { S3Request, S3Transport } from './s3-transport.ts';
import { readXml } from './s3-xml.ts';
import type { XmlElement } from './s3-xml.ts';

/** An answer, and the document that it has to be. */
export interface AwaitedDocument {
  readonly response: HttpResponse;
  /** Of its root. */
  readonly name: string;
  /** In bytes. */
  readonly limit: number;
}

/**
 * Reads the document that S3 answers with.
 *
 * @throws PaletteEdgeError `S3_ANSWER_INVALID` (kind network) for another one, `RESPONSE_TOO_LARGE` (kind content); what the
 *   document says when it is an error, which may come with status 200 (AmazonS3 API, CompleteMultipartUpload)
 */
export async function readAnswer(
  transport: S3Transport,
  request: S3Request,
  { response, name, limit }: AwaitedDocument,
): Promise<XmlElement> {
  const text = await response.readText(limit);
  // While S3 puts an object together it sends spaces.
  const root = readXml(text.trimStart());
  if (root?.name === 'Error') {
    // Whatever it is, it is a failure of the server.
    const failed = { ...response, status: 500 };
    throw transport.refusal(request, { response: failed, text });
  }
  if (root?.name === name) return root;
  const message = `${transport.subject(request)}: ${transport.host} answered with something else than ${name}`;
  throw new PaletteEdgeError('S3_ANSWER_INVALID', message, {
    kind: 'network',
    suggestions: ['Check that AWS_ENDPOINT_URL_S3 names a server of S3.'],
  });
}
