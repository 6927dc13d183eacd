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
      // A failure is remembered too: a helper that hangs or asks a person would do so again for every image.
      credential.catch(() => {
        if (signal?.aborted === true) answers.delete(key);
      });
      return await credential;
    },
  };
}

/** How one helper is run for one registry. */
export interface HelperRunOptions extends CredentialHelperOptions {
  readonly signal?: AbortSignal | undefined;
}

interface AskOptions extends HelperRunOptions {
  readonly isOptional: boolean;
}

/**
 * Has `docker-credential-NAME store` keep a password. It goes to the helper's standard input: other users can read
 * arguments and environment.
 *
 * @throws PaletteEdgeError `CREDENTIAL_HELPER_FAILED` (kind authentication); never quotes what the helper wrote
 */
export async function storeInHelper(
  name: string,
  login: { readonly registry: string; readonly username: string; readonly password: string },
  options: HelperRunOptions,
): Promise<void> {
  const { registry, username, password } = login;
  const entry = { ServerURL: serverOf(registry), Username: username, Secret: password };
  const { error } = await run({ name, registry, action: 'store' }, JSON.stringify(entry), options);
  if (error !== null) throw failure({ name, registry, action: 'store' }, error);
}

/**
 * Has `docker-credential-NAME erase` forget a registry.
 *
 * @returns whether it had anything
 * @throws PaletteEdgeError `CREDENTIAL_HELPER_FAILED` (kind authentication); never quotes what the helper wrote
 */
export async function eraseFromHelper(
  name: string,
  registry: string,
  options: HelperRunOptions,
): Promise<boolean> {
  const call: HelperCall = { name, registry, action: 'erase' };
  const { error, output } = await run(call, `${serverOf(registry)}\n`, options);
  if (error !== null && !hasNone(output)) throw failure(call, error);
  return error === null;
}

/** What a helper is run for. */
interface HelperCall {
  readonly name: string;
  readonly registry: string;
  readonly action: 'get' | 'store' | 'erase';
}

async function ask(name: string, registry: string, options: AskOptions): Promise<Credential | undefined> {
  const call: HelperCall = { name, registry, action: 'get' };
  const { error, output } = await run(call, `${serverOf(registry)}\n`, options);
  if (error === null) return readAnswer(output, call);
  if (hasNone(output)) return undefined;
  if (systemErrorCode(error) === 'ENOENT' && options.isOptional) return undefined;
  throw failure(call, error);
}

/** Helpers tell so on standard output, with exit code 1. */
function hasNone(output: string): boolean {
  return /credentials not found|no credentials/i.test(output);
}

/** Docker Hub is known to helpers by the address of its first API. */
function serverOf(registry: string): string {
  return registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
}

async function run(
  call: HelperCall,
  input: string,
  options: HelperRunOptions,
): Promise<{ error: Error | null; output: string }> {
  const { name, action } = call;
  if (!namePattern.test(name)) throw helperError(call, 'its name has characters a helper cannot have');
  const ended = await new Promise<{ error: Error | null; output: string }>((resolve) => {
    const child = execFile(
      programOf(name),
      [action],
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
    child.stdin?.end(input);
  });
  if (ended.error !== null) options.signal?.throwIfAborted();
  return ended;
}

function programOf(name: string): string {
  return `docker-credential-${name}`;
}

function readAnswer(output: string, call: HelperCall): Credential {
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    // Without the parser's error as cause: it quotes the text, and the text is a secret.
    throw helperError(call, 'its answer is not valid JSON');
  }
  const { Username: username, Secret: secret } = isRecord(answer) ? answer : {};
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') {
    throw helperError(call, 'its answer lacks Username or Secret');
  }
  const origin = `the credential helper ${programOf(call.name)}`;
  return username === '<token>' ? { identityToken: secret, origin } : { username, password: secret, origin };
}

function failure(call: HelperCall, error: Error): PaletteEdgeError {
  const isMissing = systemErrorCode(error) === 'ENOENT';
  return helperError(call, isMissing ? 'it is not on the PATH' : failureReason(error));
}

function failureReason(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'it wrote too much';
  if ('killed' in error && error.killed === true) return 'it took too long and was ended';
  return typeof code === 'number'
    ? `it ended with exit code ${code}`
    : `it could not be run (${String(code)})`;
}

const purposes = { get: 'asked for', store: 'to keep the password of', erase: 'to forget' } as const;

function helperError(call: HelperCall, reason: string): PaletteEdgeError {
  const { name, registry, action } = call;
  const isRefused = !namePattern.test(name);
  const program = programOf(name);
  const shown = isRefused ? JSON.stringify(name.slice(0, 64)) : program;
  return new PaletteEdgeError(
    'CREDENTIAL_HELPER_FAILED',
    `the credential helper ${shown}, ${purposes[action]} ${registry}, failed: ${reason}`,
    {
      kind: 'authentication',
      suggestions: [
        ...(isRefused ? [] : [`Try it by hand: echo ${serverOf(registry)} | ${program} get`]),
        action === 'get'
          ? 'Give the credentials in a file instead: --cred-file-path FILE'
          : 'Or remove it from credsStore and credHelpers of the Docker config: then the password is kept there.',
      ],
    },
  );
}
