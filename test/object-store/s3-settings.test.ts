import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { readS3Settings } from '../../src/object-store/s3-settings.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };

/** A home folder with these files below .aws. */
async function home(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, '.aws'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, '.aws', name), text);
  return folder;
}

async function read(environment: Readonly<Record<string, string>>, files?: Readonly<Record<string, string>>) {
  return await readS3Settings({ environment, homeFolder: await home(files) });
}

describe('the environment', () => {
  test('has keys, a region and an endpoint', async () => {
    const settings = await read({
      ...keys,
      AWS_SESSION_TOKEN: 'token',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'us-west-2',
      AWS_ENDPOINT_URL: 'https://all.example.com',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000/',
    });
    expect(settings).toEqual({
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' },
      region: 'eu-west-1',
      endpoint: new URL('http://127.0.0.1:9000/'),
    });
  });

  test('alone is enough', async () => {
    const settings = await readS3Settings({ environment: keys, homeFolder: '/nonexistent' });
    expect(settings).toMatchObject({ region: 'us-east-1', endpoint: undefined });
  });

  test('comes before profiles', async () => {
    const files = { credentials: '[default]\naws_access_key_id = other\naws_secret_access_key = other\n' };
    expect((await read(keys, files)).credentials.accessKeyId).toBe('id');
  });
});

describe('profiles', () => {
  const credentials = `
# of this machine
[default]
aws_access_key_id = default-id
aws_secret_access_key = default#secret ; a comment

[ edge ]
aws_access_key_id=edge-id
aws_secret_access_key=edge/secret+=
aws_session_token = edge-token
`;
  const config = `[default]
region = us-west-1
[profile edge]
region = eu-central-1
services = minio
s3 =
  addressing_style = path
output = json
[services minio]
s3 =
  endpoint_url = https://minio.example.com:9000
dynamodb =
  endpoint_url = https://wrong.example.com
`;

  test('the default one is taken', async () => {
    expect(await read({}, { credentials, config })).toEqual({
      credentials: { accessKeyId: 'default-id', secretAccessKey: 'default#secret', sessionToken: undefined },
      region: 'us-west-1',
      endpoint: undefined,
    });
  });

  test('the one that AWS_PROFILE names is taken, with its endpoint', async () => {
    expect(await read({ AWS_PROFILE: 'edge' }, { credentials, config })).toEqual({
      credentials: { accessKeyId: 'edge-id', secretAccessKey: 'edge/secret+=', sessionToken: 'edge-token' },
      region: 'eu-central-1',
      endpoint: new URL('https://minio.example.com:9000'),
    });
  });

  test('may be in the config file alone, with an endpoint for all services', async () => {
    const all =
      '[profile x]\naws_access_key_id = a\naws_secret_access_key = b\nendpoint_url = https://x.example.com\n';
    expect(await read({ AWS_PROFILE: 'x' }, { config: all })).toMatchObject({
      credentials: { accessKeyId: 'a' },
      endpoint: new URL('https://x.example.com'),
    });
  });

  test('may be indented as a whole, with names in quotes, behind the mark of an editor', async () => {
    const indented = `\uFEFF    [default]\r
    region = us-west-1\r
    [profile "my edge"]\r
      aws_access_key_id = a\r
      aws_secret_access_key = b\r
      s3 =\r
        endpoint_url = https://minio.example.com\r
      region = eu-north-1\r
`;
    expect(await read({ AWS_PROFILE: 'my edge' }, { config: indented })).toEqual({
      credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: undefined },
      region: 'eu-north-1',
      endpoint: new URL('https://minio.example.com'),
    });
    expect(await read(keys, { config: indented })).toMatchObject({ region: 'us-west-1' });
  });

  test('are read from where variables say', async () => {
    const folder = await home({ elsewhere: credentials, also: config });
    const environment = {
      AWS_SHARED_CREDENTIALS_FILE: join(folder, '.aws', 'elsewhere'),
      AWS_CONFIG_FILE: join(folder, '.aws', 'also'),
    };
    const settings = await readS3Settings({ environment, homeFolder: '/nonexistent' });
    expect(settings).toMatchObject({ region: 'us-west-1', credentials: { accessKeyId: 'default-id' } });
  });

  test.each([
    ['role_arn = arn:aws:iam::1:role/x', 'role_arn'],
    ['sso_session = corp', 'sso_session'],
    ['credential_process = /bin/keys', 'credential_process'],
  ])('of another way to get keys are told: %s', async (setting, name) => {
    const error = await rejection(read({ AWS_PROFILE: 'x' }, { config: `[profile x]\n${setting}\n` }));
    expect(error).toMatchObject({ code: 'S3_CREDENTIALS_MISSING', kind: 'authentication' });
    expect(error.message).toContain(`the profile x has ${name}`);
    expect(error.suggestions.join()).toContain('aws configure export-credentials');
  });
});

describe('refused are', () => {
  test.each([
    ['nothing at all', {}, 'there are no keys'],
    ['half of the keys', { AWS_ACCESS_KEY_ID: 'id' }, 'only one of'],
    ['a profile that is not there', { AWS_PROFILE: 'nowhere' }, 'there is no profile nowhere'],
  ])('%s', async (_, environment, message) => {
    const error = await rejection(read(environment));
    expect(error).toMatchObject({ code: 'S3_CREDENTIALS_MISSING' });
    expect(error.message).toContain(message);
  });

  test.each([
    ['a region that is a host', { ...keys, AWS_REGION: 'evil.example.com/' }],
    ['an endpoint that is no URL', { ...keys, AWS_ENDPOINT_URL_S3: 'minio:9000/bucket' }],
    ['an endpoint with a password', { ...keys, AWS_ENDPOINT_URL_S3: 'https://u:pa55w0rd@example.com' }],
    ['keys that are no header', { ...keys, AWS_SECRET_ACCESS_KEY: 'pa55w0rd\nx: y' }],
  ])('%s, without secrets', async (_, environment) => {
    const error = await rejection(read(environment));
    expect(error).toMatchObject({ code: 'S3_SETTINGS_INVALID', kind: 'usage' });
    expect(everythingShown(error)).not.toContain('pa55w0rd');
  });

  test('files that are too large', async () => {
    const error = await rejection(read({}, { config: 'x'.repeat(1024 * 1024 + 1) }));
    expect(error).toMatchObject({ code: 'S3_SETTINGS_INVALID' });
  });
});
