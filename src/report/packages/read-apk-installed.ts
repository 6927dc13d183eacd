import { collectPackages } from './collect-packages.ts';
import { distinct, distinctNames, fieldText, isNamed } from './field-text.ts';
import type { Finding, FoundPackage } from './found-package.ts';
import { firstOf, paragraphs } from './paragraphs.ts';
import type { Paragraph } from './paragraphs.ts';

/** Name, version, architecture, licence, maintainer, address, origin, what it provides and depends on. */
const wanted: ReadonlySet<string> = new Set(['P', 'V', 'A', 'L', 'm', 'U', 'o', 'p', 'D']);

/** Packages of apk's database of what is installed (apk-tools, "Installed database V2"): a paragraph each, fields of one letter. */
export function readApkInstalled(bytes: Buffer): Finding {
  return collectPackages(packagesOf(bytes));
}

function* packagesOf(bytes: Buffer): Generator<FoundPackage | undefined, void, undefined> {
  for (const paragraph of paragraphs(bytes, wanted)) yield packageOf(paragraph);
}

function packageOf(paragraph: Paragraph): FoundPackage | undefined {
  const [name, version] = [fieldText(firstOf(paragraph, 'P')), fieldText(firstOf(paragraph, 'V'))];
  if (name === undefined || version === undefined || !isNamed(name, version)) return undefined;
  const origin = fieldText(firstOf(paragraph, 'o'));
  return {
    type: 'apk',
    name,
    version,
    architecture: fieldText(firstOf(paragraph, 'A')),
    licences: distinct([firstOf(paragraph, 'L')]),
    supplier: fieldText(firstOf(paragraph, 'm')),
    homepage: fieldText(firstOf(paragraph, 'U')),
    upstream: origin === name ? undefined : origin,
    provides: relationsOf(paragraph, 'p'),
    // A name with `!` before it is one that must not be there.
    requires: relationsOf(paragraph, 'D')
      .filter((each) => !each.startsWith('!'))
      .map((each) => [each]),
  };
}

/** `so:libc.musl-x86_64.so.1=1 busybox>=1.36`: without the versions. */
function relationsOf(paragraph: Paragraph, field: string): string[] {
  const words = (firstOf(paragraph, field) ?? '').split(/\s+/);
  return distinctNames(words.map((word) => word.split(/[<>=~]/, 1)[0]));
}
