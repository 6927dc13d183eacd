import { execFile } from 'node:child_process';

import { PaletteEdgeError, systemErrorCode } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import type { Credential } from './credential.ts';

/** Runs credential helpers. */
export interface CredentialHelper {
  /**
   * Asks `docker-credential-NAME get` for a registry.
   *
   * @returns undefined when the helper has none, or when it is optional and not installed
   * @throws PaletteEdgeError `CREDENTIAL_HELPER_FAILED` (kind authentication); never quotes what the helper wrote
   */
  find(
    name: string,
    registry: string,
    options: { readonly isOptional: boolean; readonly signal?: AbortSignal },
  ): Promise<Credential | undefined>;
}

/** How helpers are run. */
export interface CredentialHelperOptions {
  /** The environment they get; its PATH is where they are found. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const maximumOutput = 128 * 1024;
const defaultTimeoutMs = 30_000;
/** Cloud helpers hand out tokens for an hour or more; asking once per image would take minutes. */
const rememberedForMs = 300_000;

interface Answer {
  readonly credential: Promise<Credential | undefined>;
  readonly askedAt: number;
}

/** Makes a runner that remembers answers for some minutes. */
export function createCredentialHelper(options: CredentialHelperOptions): CredentialHelper {
  const answers = new Map<string, Answer>();
  return {
    find: async (name, registry, { isOptional, signal }) => {
      const key = `${name} ${registry}`;
      const known = answers.get(key);
      const now = performance.now();
      if (known !== undefined && now - known.askedAt < rememberedForMs) return await known.credential;
      const credential = ask(name, registry, { ...options, isOptional, signal });
      answers.set(key, { credential, askedAt: now });
      credential.catch(() => answers.delete(key));
      return await credential;
    },
  };
}

interface AskOptions extends CredentialHelperOptions {
  readonly isOptional: boolean;
  readonly signal?: AbortSignal;
}

async function ask(name: string, registry: string, options: AskOptions): Promise<Credential | undefined> {
  if (!namePattern.test(name)) {
    throw helperError(name, registry, 'its name has characters a helper cannot have');
  }
  const program = `docker-credential-${name}`;
  const { error, output } = await run(program, serverOf(registry), options);
  if (error === null) return readAnswer(output, program, registry);
  options.signal?.throwIfAborted();
  if (/credentials not found|no credentials/i.test(output)) return undefined;
  const isMissing = systemErrorCode(error) === 'ENOENT';
  if (isMissing && options.isOptional) return undefined;
  throw helperError(name, registry, isMissing ? 'it is not on the PATH' : failureReason(error));
}

/** Docker Hub is known to helpers by the address of its first API. */
function serverOf(registry: string): string {
  return registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
}

async function run(
  program: string,
  input: string,
  options: AskOptions,
): Promise<{ error: Error | null; output: string }> {
  return await new Promise((resolve) => {
    const child = execFile(
      program,
      ['get'],
      {
        env: { ...options.environment },
        timeout: options.timeoutMs ?? defaultTimeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: maximumOutput,
        signal: options.signal,
        windowsHide: true,
      },
      (error, output) => resolve({ error, output }),
    );
    // A helper that ends without reading its input is judged by its answer, not by the broken pipe.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(`${input}\n`);
  });
}

function readAnswer(output: string, program: string, registry: string): Credential {
  const name = program.slice('docker-credential-'.length);
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    // Without the parser's error as cause: it quotes the text, and the text is a secret.
    throw helperError(name, registry, 'its answer is not valid JSON');
  }
  const { Username: username, Secret: secret } = isRecord(answer) ? answer : {};
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') {
    throw helperError(name, registry, 'its answer lacks Username or Secret');
  }
  const origin = `the credential helper ${program}`;
  return username === '<token>' ? { identityToken: secret, origin } : { username, password: secret, origin };
}

function failureReason(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'it wrote too much';
  if ('killed' in error && error.killed === true) return 'it took too long and was ended';
  return typeof code === 'number'
    ? `it ended with exit code ${code}`
    : `it could not be run (${String(code)})`;
}

function helperError(name: string, registry: string, reason: string): PaletteEdgeError {
  const isRefused = !namePattern.test(name);
  const program = `docker-credential-${name}`;
  const shown = isRefused ? JSON.stringify(name.slice(0, 64)) : program;
  return new PaletteEdgeError(
    'CREDENTIAL_HELPER_FAILED',
    `the credential helper ${shown}, asked for ${registry}, failed: ${reason}`,
    {
      kind: 'authentication',
      suggestions: [
        ...(isRefused ? [] : [`Try it by hand: echo ${serverOf(registry)} | ${program} get`]),
        'Give the credentials in a file instead: --cred-file-path FILE',
      ],
    },
  );
}
