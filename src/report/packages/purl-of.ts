import type { Distribution } from '../package.ts';
import type { FoundPackage } from './found-package.ts';
import { packageUrl } from './package-url.ts';

/** Distributions that package URLs know by another name than os-release does. */
const vendors: Readonly<Record<string, string>> = {
  rhel: 'redhat',
  'opensuse-leap': 'opensuse',
  'opensuse-tumbleweed': 'opensuse',
};

/** Whose packages they are when the image does not say. */
const defaultVendors: Readonly<Record<string, string>> = { deb: 'debian', apk: 'alpine' };

/**
 * The package URL of a package. Those of distributions say which one (purl-spec, definitions of deb, apk and rpm; "Known qualifiers"),
 * and in `upstream` what source they were built of, which is where advisories look.
 */
export function purlOf(found: FoundPackage, distribution: Distribution | undefined): string {
  const { type, name, version } = found;
  if (type === 'deb' || type === 'apk' || type === 'rpm') return distributionPurl(found, distribution);
  const slash = type === 'pypi' ? -1 : name.lastIndexOf('/');
  const namespace = slash === -1 ? undefined : name.slice(0, slash);
  return packageUrl({ type, namespace, name: name.slice(slash + 1), version });
}

function distributionPurl(found: FoundPackage, distribution: Distribution | undefined): string {
  const { type, name, version, architecture, upstream } = found;
  const id = distribution?.id;
  const [, epoch, withoutEpoch = version] = type === 'rpm' ? (/^(\d+):(.*)$/.exec(version) ?? []) : [];
  return packageUrl({
    type,
    namespace: id === undefined ? defaultVendors[type] : (vendors[id] ?? id),
    name,
    version: withoutEpoch,
    qualifiers: {
      arch: architecture,
      distro: [id, distribution?.versionId].filter((part) => part !== undefined).join('-'),
      epoch,
      upstream,
    },
  });
}
