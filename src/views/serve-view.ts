import { formatByteSize } from '../io/byte-size.ts';
import { printable } from '../io/printable.ts';
import type { RequestRecord } from '../registry-server/registry-handler.ts';
import type { ServedBundle, ServeResult, Serving } from '../workflows/serve-bundles.ts';
import type { ServedCertificate } from '../workflows/served-certificate.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';
import { textTable } from './text-table.ts';

const shownNames = 50;
const longestPath = 1000;

/** What is served, how it is asked for, and what clients need for it. */
export function serveView(serving: Serving): string {
  const { host, origin, certificate, bundles, names } = serving;
  const scheme = certificate === undefined ? 'http' : 'https';
  const rows = names.slice(0, shownNames).map(({ name, shortName }) => [name, shortName ?? '-']);
  const more = names.length - rows.length;
  return [
    `Serving on ${scheme}://${host} until Ctrl-C, read-only`,
    textFields(bundles.map(({ path, ...bundle }) => [printable(path, longestPath), bundleText(bundle)])),
    '',
    textTable(['NAME', 'SHORT NAME'], rows),
    ...(more > 0 ? [`and ${more} more: ${origin}/v2/_catalog has all repositories`] : []),
    '',
    ...(certificate === undefined ? [] : [certificateText(certificate)]),
    `Pull them as ${origin.replace(/^https?:\/\//, '')}/NAME${conditions(serving)}`,
  ].join('\n');
}

function conditions({ origin, certificate, username }: Serving): string {
  const isPlain = origin.startsWith('http:');
  const isToTrust = certificate?.isSelfSigned === true && !isPlain;
  return [
    isPlain ? ' over plain HTTP' : '',
    isToTrust ? `, with ${certificate.path} as an authority that clients trust` : '',
    username === undefined ? '' : `, logged in as ${username}`,
  ].join('');
}

function certificateText(certificate: ServedCertificate): string {
  const { path, names, fingerprint, notAfter, isSelfSigned, isNew } = certificate;
  return textFields([
    ['Certificate', `${path}${isSelfSigned ? ', self-signed' : ''}${isNew ? ', made now' : ''}`],
    ['for', names.join(', ')],
    ['until', notAfter.slice(0, 'yyyy-mm-dd'.length)],
    ['SHA-256', fingerprint],
  ]);
}

function bundleText({ name, id, images, charts, companions }: Omit<ServedBundle, 'path'>): string {
  return [
    `${name} ${id}`,
    countOf(images, 'image'),
    ...(charts > 0 ? [countOf(charts, 'chart')] : []),
    ...(companions > 0 ? [countOf(companions, 'companion')] : []),
  ].join(', ');
}

/** A request in the access log. The path is the client's: cut, and without what could steer a terminal. */
export function accessView({ method, path, status, bytes }: RequestRecord): string {
  return `${method} ${printable(path, longestPath)} ${status} ${bytes}`;
}

/** What was served in all. */
export function servedView({ requests, bytes, failures }: ServeResult): string {
  const failed = failures > 0 ? `, ${failures} failed` : '';
  return `Stopped after ${countOf(requests, 'request')}${failed}, ${formatByteSize(bytes)} sent`;
}
