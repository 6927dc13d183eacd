import { join } from 'node:path';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import { readCappedFile } from '../io/read-capped-file.ts';
import { parseAwsProfileFile } from './aws-profile-file.ts';
import type { AwsSections } from './aws-profile-file.ts';

/** Who asks. All of it is secret. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** How S3 is reached. */
export interface S3Settings {
  readonly credentials: S3Credentials;
  readonly region: string;
  /** Another server than Amazon's: it is asked by paths, Amazon's by host names. */
  readonly endpoint: URL | undefined;
}

/** Where settings are looked for. */
export interface S3SettingsSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeFolder: string;
}

interface Profile {
  readonly name: string;
  /** Of both files; the credentials file goes first. */
  readonly settings: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, string>;
  readonly isFound: boolean;
}

const largestFile = 1024 * 1024;
const defaultRegion = 'us-east-1';
/** Ways to get keys that other tools have and this one has not. */
const otherWays = [
  'role_arn',
  'sso_session',
  'sso_start_url',
  'credential_process',
  'web_identity_token_file',
  'login_session',
];

/**
 * Reads the settings that other S3 tools read: `AWS_ACCESS_KEY_ID` and its companions, then the profile that `AWS_PROFILE` names in
 * `~/.aws/credentials` and `~/.aws/config`.
 *
 * @throws PaletteEdgeError `S3_CREDENTIALS_MISSING` (kind authentication), `S3_SETTINGS_INVALID` (kind usage), kind disk
 */
export async function readS3Settings(source: S3SettingsSource): Promise<S3Settings> {
  const { environment } = source;
  const profile = await readProfile(source);
  const region =
    valueOf(environment, 'AWS_REGION') ??
    valueOf(environment, 'AWS_DEFAULT_REGION') ??
    profile.settings.get('region') ??
    defaultRegion;
  if (!/^[a-z0-9-]{1,64}$/i.test(region)) throw invalid(`${JSON.stringify(region)} is no name of a region`);
  return {
    credentials: environmentCredentials(environment) ?? profileCredentials(profile),
    region,
    endpoint: endpointOf(environment, profile),
  };
}

async function readProfile({ environment, homeFolder }: S3SettingsSource): Promise<Profile> {
  const folder = join(homeFolder, '.aws');
  const config = await readSections(valueOf(environment, 'AWS_CONFIG_FILE') ?? join(folder, 'config'));
  const keysFile = valueOf(environment, 'AWS_SHARED_CREDENTIALS_FILE') ?? join(folder, 'credentials');
  const name = profileName(environment);
  const ofKeys = (await readSections(keysFile)).get(name);
  const ofConfig = configOf(config, name);
  const settings = new Map([...(ofConfig ?? []), ...(ofKeys ?? [])]);
  return {
    name,
    settings,
    services: config.get(`services ${settings.get('services') ?? ''}`) ?? new Map(),
    isFound: ofConfig !== undefined || ofKeys !== undefined,
  };
}

function profileName(environment: S3SettingsSource['environment']): string {
  return valueOf(environment, 'AWS_PROFILE') ?? valueOf(environment, 'AWS_DEFAULT_PROFILE') ?? 'default';
}

/** Only the default profile may be called without the word. */
function configOf(config: AwsSections, name: string): ReadonlyMap<string, string> | undefined {
  const found = config.get(`profile ${name}`);
  return found === undefined && name === 'default' ? config.get(name) : found;
}

async function readSections(path: string): Promise<AwsSections> {
  try {
    const bytes = await readCappedFile(path, largestFile);
    if (bytes.length > largestFile) throw invalid(`${path} is larger than ${largestFile} bytes`);
    return parseAwsProfileFile(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return new Map();
    throw wordDiskError(error, `reading the profiles in ${path}`);
  }
}

function environmentCredentials(environment: S3SettingsSource['environment']): S3Credentials | undefined {
  const accessKeyId = valueOf(environment, 'AWS_ACCESS_KEY_ID');
  const secretAccessKey = valueOf(environment, 'AWS_SECRET_ACCESS_KEY');
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw missing('only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set');
  const sessionToken = valueOf(environment, 'AWS_SESSION_TOKEN');
  return checked({ accessKeyId, secretAccessKey, sessionToken }, 'the environment');
}

function profileCredentials({ name, settings, isFound }: Profile): S3Credentials {
  const accessKeyId = settings.get('aws_access_key_id');
  const secretAccessKey = settings.get('aws_secret_access_key');
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const sessionToken = settings.get('aws_session_token');
    return checked({ accessKeyId, secretAccessKey, sessionToken }, `the profile ${name}`);
  }
  const way = otherWays.find((key) => settings.has(key));
  if (way !== undefined) throw missing(`the profile ${name} has ${way}, which is not supported here`);
  if (isFound) throw missing(`the profile ${name} has no keys`);
  throw missing(name === 'default' ? 'there are no keys' : `there is no profile ${name}`);
}

/** Keys become a part of a header: visible ASCII only. */
function checked(credentials: S3Credentials, from: string): S3Credentials {
  const { accessKeyId, secretAccessKey, sessionToken = '-' } = credentials;
  if ([accessKeyId, secretAccessKey, sessionToken].every((text) => /^[\x21-\x7e]{1,16384}$/.test(text)))
    return credentials;
  throw invalid(`the keys of ${from} have characters that no keys have`);
}

function endpointOf(environment: S3SettingsSource['environment'], profile: Profile): URL | undefined {
  const text =
    valueOf(environment, 'AWS_ENDPOINT_URL_S3') ??
    valueOf(environment, 'AWS_ENDPOINT_URL') ??
    profile.services.get('s3.endpoint_url') ??
    profile.settings.get('s3.endpoint_url') ??
    profile.settings.get('endpoint_url');
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isFit =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    [url.username, url.password, url.search, url.hash].every((part) => part === '');
  // Without the text: it may hold a password.
  if (!isFit) throw invalid('the endpoint of S3 is no URL of the form https://HOST[:PORT]');
  return url;
}

function valueOf(environment: S3SettingsSource['environment'], name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === '' ? undefined : value;
}

function missing(reason: string): PaletteEdgeError {
  return new PaletteEdgeError('S3_CREDENTIALS_MISSING', `S3 is to be asked with keys: ${reason}`, {
    kind: 'authentication',
    suggestions: [
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile that has keys.',
      'Logins and roles of the aws command line become keys with: eval "$(aws configure export-credentials --format env)"',
    ],
  });
}

function invalid(message: string): PaletteEdgeError {
  return new PaletteEdgeError('S3_SETTINGS_INVALID', message, {
    kind: 'usage',
    suggestions: ['Check AWS_REGION, AWS_ENDPOINT_URL_S3, AWS_PROFILE, and the files in ~/.aws.'],
  });
}
