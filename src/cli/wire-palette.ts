import type { Config } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import { PaletteClient } from '../palette-api/palette-client.ts';
import type { PaletteRetry } from '../palette-api/palette-client.ts';
import { parsePaletteEndpoint } from '../palette-api/palette-endpoint.ts';
import { parsePaletteUid } from '../palette-api/palette-uid.ts';
import type { Warning } from '../warning.ts';
import { defaultEndpoint } from './palette-flags.ts';
import type { PaletteAccessFlags } from './palette-flags.ts';
import type { RegistryFlags } from './registry-flags.ts';
import { wireHttp } from './wire-http.ts';

/** A client of Palette's API with connections of its own. Disposing closes them. */
export interface PaletteWiring extends AsyncDisposable {
  readonly client: PaletteClient;
}

/** The flags that say how hosts are reached. */
export type ReachFlags = Pick<RegistryFlags, 'plain-http' | 'insecure' | 'ca-cert' | 'cert-dir'>;

/** The client that is used, and who is told that a call is sent again. */
export interface PaletteClientParts {
  readonly http: HttpClient;
  readonly onRetry: (retry: PaletteRetry) => void;
}

/**
 * Builds the client from what the user said.
 *
 * @throws PaletteEdgeError of kind usage for flags that make no sense; of kind authentication, `API_KEY_MISSING` and
 *   `API_KEY_INVALID`
 */
export function paletteClient(
  flags: Partial<PaletteAccessFlags>,
  { http, onRetry }: PaletteClientParts,
): PaletteClient {
  const project = flags['project-id'];
  return new PaletteClient({
    http,
    endpoint: parsePaletteEndpoint(flags['palette-endpoint'] ?? defaultEndpoint, '--palette-endpoint'),
    projectUid:
      project === undefined || project === '' ? undefined : parsePaletteUid(project, '--project-id'),
    apiKey: apiKeyOf(flags['api-key'] ?? process.env['PALETTE_API_KEY']),
    onRetry,
  });
}

/** @throws PaletteEdgeError as {@link paletteClient} and {@link wireHttp} do */
export async function wirePalette(
  flags: PaletteAccessFlags & ReachFlags,
  { bin, version }: Pick<Config, 'bin' | 'version'>,
  onRetry: PaletteClientParts['onRetry'],
): Promise<PaletteWiring> {
  const noHosts = { plainHttpHosts: [], tls: new Map<string, never>() };
  const http = await wireHttp({ ...flags, 'max-rate': undefined }, noHosts, `${bin}/${version}`);
  try {
    const client = paletteClient(flags, { http, onRetry });
    return { client, [Symbol.asyncDispose]: async () => await http.close() };
  } catch (error) {
    await http.close();
    throw error;
  }
}

/** The warning for a key that was typed: others on this machine can read the arguments of a process. */
export function typedKeyWarnings(argv: readonly string[]): Warning[] {
  if (!argv.some((word) => word === '--api-key' || word.startsWith('--api-key='))) return [];
  const message =
    'while this runs, others on this machine can see --api-key in the list of processes; PALETTE_API_KEY is not shown there';
  return [{ code: 'SECRET_ON_COMMAND_LINE', message }];
}

/** Never tells the key itself, not even a wrong one. */
function apiKeyOf(text: string | undefined): string {
  const key = text?.trim() ?? '';
  if (key === '') {
    throw new PaletteEdgeError('API_KEY_MISSING', 'Palette is to be asked, and there is no API key', {
      kind: 'authentication',
      suggestions: [
        'Set PALETTE_API_KEY. Keys are made in the Palette console, under My API Keys.',
        'Or give --api-key KEY; others on this machine can see it while the command runs.',
      ],
    });
  }
  // Visible ASCII: anything else is no header value (RFC 9110, section 5.5), and no key of Palette.
  if (/^[\x21-\x7e]{1,4096}$/.test(key)) return key;
  throw new PaletteEdgeError('API_KEY_INVALID', 'the API key has characters that no key of Palette has', {
    kind: 'authentication',
    suggestions: ['Copy it again, without quotes, spaces and line breaks.'],
  });
}
