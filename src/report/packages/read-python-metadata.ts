import { distinct, distinctNames, fieldText, isNamed } from './field-text.ts';
import { UnreadableError } from './found-package.ts';
import type { Finding } from './found-package.ts';
import { firstOf, paragraphs } from './paragraphs.ts';
import type { Paragraph } from './paragraphs.ts';

const wanted: ReadonlySet<string> = new Set([
  'Name',
  'Version',
  'License-Expression',
  'License',
  'Classifier',
  'Author',
  'Author-email',
  'Home-page',
  'Requires-Dist',
]);

/**
 * The package of a METADATA or PKG-INFO file of Python (Core metadata specifications): headers, and a description behind an empty line.
 *
 * @throws UnreadableError when it has no name or version
 */
export function readPythonMetadata(bytes: Buffer): Finding {
  const paragraph = paragraphs(bytes, wanted).next().value ?? new Map<string, string[]>();
  const [name, version] = [fieldText(firstOf(paragraph, 'Name')), fieldText(firstOf(paragraph, 'Version'))];
  if (name === undefined || version === undefined || !isNamed(name, version))
    throw new UnreadableError('has no name or version of a package');
  return {
    packages: [
      {
        type: 'pypi',
        name,
        version,
        licences: licencesOf(paragraph),
        supplier: fieldText(firstOf(paragraph, 'Author')) ?? fieldText(firstOf(paragraph, 'Author-email')),
        homepage: fieldText(firstOf(paragraph, 'Home-page')),
        provides: [],
        requires: requirementsOf(paragraph),
      },
    ],
    problems: [],
  };
}

/** An expression of SPDX is the last word; before there were any, classifiers were, or whatever stood in one line. */
function licencesOf(paragraph: Paragraph): string[] {
  const expressions = distinct(paragraph.get('License-Expression') ?? []);
  if (expressions.length > 0) return expressions;
  const classifiers = (paragraph.get('Classifier') ?? [])
    .filter((each) => /^License :: .* :: /.test(each))
    .map((each) => each.split(' :: ').at(-1));
  if (classifiers.length > 0) return distinct(classifiers);
  const licence = firstOf(paragraph, 'License') ?? '';
  return licence.includes('\n') ? [] : distinct([licence]).filter((each) => each !== 'UNKNOWN');
}

/** Without those of extras, which nobody may have asked for. */
function requirementsOf(paragraph: Paragraph): string[][] {
  return (paragraph.get('Requires-Dist') ?? [])
    .filter((each) => !/\bextra\b/.test(markerOf(each)))
    .map((each) => distinctNames([/^[\w.-]+/.exec(each)?.[0]]))
    .filter((names) => names.length > 0);
}

/** What is said behind a semicolon of when it is needed. */
function markerOf(requirement: string): string {
  const semicolon = requirement.indexOf(';');
  return semicolon === -1 ? '' : requirement.slice(semicolon);
}
