import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A certificate for loopback and the authority that signed it. */
export interface TlsFiles {
  readonly caPem: string;
  readonly certificatePath: string;
  readonly keyPath: string;
}

const runFile = promisify(execFile);
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes a certificate authority and a certificate, for loopback unless `names` says otherwise, with openssl. */
export async function makeTlsFiles(folder: string, names = 'IP:127.0.0.1,DNS:localhost'): Promise<TlsFiles> {
  const path = (name: string): string => join(folder, name);
  await writeFile(path('extensions'), `subjectAltName=${names}\n`);
  await openssl(
    ['req', '-x509', ...newKey, '-subj', '/CN=test authority', '-days', '2'],
    ['-keyout', path('ca.key'), '-out', path('ca.pem')],
  );
  await openssl(
    ['req', '-new', ...newKey, '-subj', '/CN=loopback'],
    ['-keyout', path('server.key'), '-out', path('server.csr')],
  );
  await openssl(
    ['x509', '-req', '-in', path('server.csr'), '-CA', path('ca.pem'), '-CAkey', path('ca.key')],
    ['-CAcreateserial', '-days', '2', '-extfile', path('extensions'), '-out', path('server.pem')],
  );
  return {
    caPem: await readFile(path('ca.pem'), 'utf8'),
    certificatePath: path('server.pem'),
    keyPath: path('server.key'),
  };
}

/** Makes a client certificate, signed by the authority that {@link makeTlsFiles} left in the folder. */
export async function makeClientCertificate(
  folder: string,
): Promise<{ readonly cert: string; readonly key: string }> {
  const path = (name: string): string => join(folder, name);
  await openssl(
    ['req', '-new', ...newKey, '-subj', '/CN=client'],
    ['-keyout', path('client.key'), '-out', path('client.csr')],
  );
  await openssl(
    ['x509', '-req', '-in', path('client.csr'), '-CA', path('ca.pem'), '-CAkey', path('ca.key')],
    ['-CAcreateserial', '-days', '2', '-out', path('client.pem')],
  );
  return {
    cert: await readFile(path('client.pem'), 'utf8'),
    key: await readFile(path('client.key'), 'utf8'),
  };
}

async function openssl(request: readonly string[], files: readonly string[]): Promise<void> {
  try {
    await runFile('openssl', [...request, ...files]);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') throw error;
    throw new Error('this test needs the program openssl: install it with apt-get install openssl', {
      cause: error,
    });
  }
}
