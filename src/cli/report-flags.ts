import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import type { StreamOutput } from '../workflows/extract-output.ts';
import { sbomFormats } from '../workflows/report-sbom.ts';
import type { SbomFormat } from '../workflows/report-sbom.ts';
import { baseFlags, baseRegistryFlags } from './base-flags.ts';
import { requirePath } from './output-path.ts';
import { textOutput } from './standard-output.ts';

/** What is reported, and where to. */
export const reportFlags = {
  ...baseFlags,
  ...baseRegistryFlags,
  sbom: Flags.option({ options: sbomFormats })({
    summary: 'Write the bill of materials: SPDX 2.3 or CycloneDX 1.6, in JSON.',
  }),
  provenance: Flags.boolean({
    summary: 'Write what the bundle was built from: an in-toto statement, SLSA Provenance v1.',
    default: false,
  }),
  html: Flags.boolean({
    summary:
      'Write a page for people: one file that browsers open, without a network. So does an --output that ends in .html.',
    default: false,
  }),
  diff: Flags.file({
    helpValue: 'BUNDLE',
    summary: 'Show on the page what has changed since this bundle, and what has to be shipped.',
    description: 'A bundle in any form, or the inventory of one. A delta bundle finds in it what it lacks.',
  }),
  files: Flags.boolean({
    summary:
      'Show packages and the largest files of layers on the page. Without it, layers are not read: that takes a moment only.',
    allowNo: true,
    default: true,
  }),
  output: Flags.string({
    char: 'o',
    helpValue: 'FILE',
    summary: 'What to write, which must not be there yet.',
    defaultHelp: async () => await Promise.resolve('standard output'),
  }),
  image: Flags.string({
    helpValue: 'PATTERN',
    summary:
      'List only these, with their signatures: * is anything within a part of the name, ** is anything.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  'private-key': Flags.string({
    helpValue: 'FILE',
    summary: 'Sign the provenance with this private key, in PEM: the statement in a DSSE envelope.',
  }),
};

/** What was given for {@link reportFlags}. */
export interface ReportFlags {
  readonly sbom: SbomFormat | undefined;
  readonly provenance: boolean;
  readonly html: boolean;
  readonly diff: string | undefined;
  readonly files: boolean;
  readonly output: string | undefined;
  readonly image: readonly string[];
  readonly 'private-key': string | undefined;
  readonly json: boolean;
}

/** What is to be written. */
export type ReportRequest =
  | {
      readonly kind: 'sbom';
      readonly format: SbomFormat;
      readonly patterns: readonly string[];
      readonly output: StreamOutput;
    }
  | {
      readonly kind: 'provenance';
      /** Path of the private key. */
      readonly key: string | undefined;
      readonly output: StreamOutput;
    }
  | {
      readonly kind: 'html';
      readonly patterns: readonly string[];
      /** Path of what the bundle is compared with. */
      readonly before: string | undefined;
      /** Whether layers are read. */
      readonly hasFiles: boolean;
      readonly output: StreamOutput;
    };

/**
 * What is asked for: exactly one report. What was typed wins over what was set elsewhere: variables and files that are there for other commands
 * must not be in the way.
 *
 * @param isTyped whether a flag was typed
 * @throws PaletteEdgeError of kind usage: `USAGE`, `PATH_INVALID`, `OUTPUT_NEEDED`
 */
export function reportRequest(
  flags: ReportFlags,
  isTyped: (name: keyof ReportFlags) => boolean,
): ReportRequest {
  const kind = chosenKind(flags, isTyped);
  for (const stray of strayFlags[kind]) {
    if (isTyped(stray) && isGiven[stray](flags))
      throw usage(`--${stray} does not go together with --${kind}`);
  }
  const output = reportOutput(flags);
  if (kind === 'provenance') return { kind, key: flags['private-key'], output };
  if (kind === 'sbom') return { kind, format: flags.sbom ?? 'spdx', patterns: flags.image, output };
  const before = flags.diff === undefined ? undefined : requirePath(flags.diff, '--diff BUNDLE');
  return { kind, patterns: flags.image, before, hasFiles: flags.files && before === undefined, output };
}

/** What says nothing of a report of this kind. */
const strayFlags: Readonly<Record<ReportRequest['kind'], readonly (keyof typeof isGiven)[]>> = {
  sbom: ['private-key', 'diff', 'files'],
  provenance: ['image', 'diff', 'files'],
  html: ['private-key'],
};

const isGiven = {
  image: ({ image }: ReportFlags) => image.length > 0,
  'private-key': (flags: ReportFlags) => flags['private-key'] !== undefined,
  diff: ({ diff }: ReportFlags) => diff !== undefined,
  files: ({ files }: ReportFlags) => !files,
} as const;

function chosenKind(
  flags: ReportFlags,
  isTyped: (name: keyof ReportFlags) => boolean,
): ReportRequest['kind'] {
  const named = (['sbom', 'provenance', 'html'] as const).filter(
    (kind) => flags[kind] !== undefined && flags[kind] !== false,
  );
  const typed = named.filter(isTyped);
  // The name of a file may be anything; a flag is meant.
  if (typed.length === 0 && asksForPage(flags, isTyped)) return 'html';
  const [only, other] = typed.length > 0 ? typed : named;
  if (only === undefined)
    throw usage('nothing says what to write: one of --sbom, --provenance, --html, or --output FILE.html');
  if (other !== undefined) throw usage(`--${other} does not go together with --${only}`);
  return only;
}

function asksForPage(
  { output = '', diff }: ReportFlags,
  isTyped: (name: keyof ReportFlags) => boolean,
): boolean {
  return (diff !== undefined && isTyped('diff')) || (/\.html?$/i.test(output) && isTyped('output'));
}

function reportOutput({ output, json }: ReportFlags): StreamOutput {
  if (output !== undefined && output !== '-') return { path: requirePath(output, '--output FILE') };
  if (!json) return { sink: textOutput() };
  throw new PaletteEdgeError('OUTPUT_NEEDED', 'the report and --json both want standard output', {
    kind: 'usage',
    suggestions: ['Name a file: --output FILE'],
  });
}

/**
 * The moment that documents tell, in seconds since 1970 (reproducible-builds.org, "SOURCE_DATE_EPOCH"); undefined when the environment names none.
 *
 * @throws PaletteEdgeError `ENVIRONMENT_INVALID` (kind usage)
 */
export function sourceDateEpoch(): number | undefined {
  const text = process.env['SOURCE_DATE_EPOCH'];
  if (text === undefined || text === '') return undefined;
  const seconds = Number(text);
  // The last second of 9999: dates behind it are written in another way.
  if (/^\d{1,12}$/.test(text) && seconds <= 253_402_300_799) return seconds;
  throw new PaletteEdgeError(
    'ENVIRONMENT_INVALID',
    `SOURCE_DATE_EPOCH is ${JSON.stringify(text.slice(0, 40))}, expected seconds since 1970`,
    { kind: 'usage', suggestions: ['Set it as in: SOURCE_DATE_EPOCH=$(git log -1 --pretty=%ct)'] },
  );
}

function usage(message: string): PaletteEdgeError {
  return new PaletteEdgeError('USAGE', message, {
    kind: 'usage',
    suggestions: ['See the help: palette-edge report --help'],
  });
}
