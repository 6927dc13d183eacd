import { PaletteEdgeError } from '../errors.ts';

/** Where the API of a Palette is. */
export interface PaletteEndpoint {
  /** `host` or `host:port`. */
  readonly host: string;
  /** The scheme that was written; undefined leaves it to what is known of the host. */
  readonly scheme: 'https' | 'http' | undefined;
}

/**
 * Reads an endpoint as people write it: `api.example.com`, with or without scheme, trailing slashes and a trailing `/api`.
 *
 * @param origin what gave the text, for messages: `--palette-endpoint`
 * @throws PaletteEdgeError `PALETTE_ENDPOINT_INVALID` (kind usage)
 */
export function parsePaletteEndpoint(text: string, origin: string): PaletteEndpoint {
  const [, scheme, rest = ''] = /^(?:(https?):\/\/)?(.*)$/is.exec(text.trim()) ?? [];
  const bare = withoutSlashes(withoutSlashes(rest).replace(/\/api$/i, ''));
  // What the URL parser would pass over, cut off or read as a password is no part of a host.
  const isHost = bare !== '' && !/[/\\@?#%\s\p{Cc}]|:$/u.test(bare) && URL.canParse(`https://${bare}/`);
  if (!isHost) throw endpointInvalid(text, origin);
  return {
    host: new URL(`https://${bare}/`).host,
    scheme: scheme === undefined ? undefined : scheme.toLowerCase() === 'http' ? 'http' : 'https',
  };
}

function withoutSlashes(text: string): string {
  return text.replace(/\/+$/, '');
}

function endpointInvalid(text: string, origin: string): PaletteEdgeError {
  // Beside a host there may be a password, and in a query a token: then it is not told.
  const message = /[@?#]/.test(text)
    ? `${origin} takes a host without user, password and query`
    : `${origin} ${JSON.stringify(text.slice(0, 200))} is no endpoint of Palette`;
  return new PaletteEdgeError('PALETTE_ENDPOINT_INVALID', message, {
    kind: 'usage',
    suggestions: ['Expected a host, as in api.spectrocloud.com or palette.example.com:8443.'],
  });
}
