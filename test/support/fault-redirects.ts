import { send } from './fault-registry.ts';
import type { Fault, FaultExchange } from './fault-registry.ts';

/** As ghcr.io, quay.io and ECR do with blobs: to storage at another origin, with a link that is new each time. */
export const redirectToStorage: Fault = (exchange) => {
  const { registry, round } = exchange;
  redirect(exchange, `${registry.storageOrigin}/storage/${nameIn(exchange)}?signature=${round}`);
};

/** To the same origin, without naming it. */
export const relativeRedirect: Fault = (exchange) => redirect(exchange, `/storage/${nameIn(exchange)}`);

/** To itself, for ever. */
export const redirectLoop: Fault = (exchange) => redirect(exchange, exchange.request.url ?? '/');

/** To something that is no URL. */
export const redirectNowhere: Fault = (exchange) => redirect(exchange, 'http://:::/');

/** As S3: two ways to authorize at once, the signature in the link and a header, are one too many. */
export const refuseAuthorization: Fault = (exchange) => {
  const { request, answer } = exchange;
  if (request.headers.authorization === undefined) {
    send(exchange, answer);
    return;
  }
  const body = Buffer.from('<Error><Code>InvalidArgument</Code></Error>');
  send(exchange, { status: 400, headers: { 'content-length': String(body.length) }, body });
};

/** Serves every link once; whoever comes back with one that was used is refused. */
export function oneTimeLinks(refuse: Fault, serve: Fault): Fault {
  const used = new Set<string>();
  return (exchange) => {
    const { url = '' } = exchange.request;
    if (used.has(url)) return refuse(exchange);
    used.add(url);
    return serve(exchange);
  };
}

function redirect(exchange: FaultExchange, location: string): void {
  send(exchange, { status: 307, headers: { location, 'content-length': '0' }, body: Buffer.alloc(0) });
}

function nameIn({ request }: FaultExchange): string {
  return request.url?.split('?')[0]?.split('/').at(-1) ?? '';
}
