import { dirname, isAbsolute, join } from 'node:path';

import type { DefinedChart, DefinedImage, Definition } from '../definition/definition.ts';
import { readDefinition } from '../definition/read-definition.ts';
import type { DefinitionSource } from '../definition/read-definition.ts';
import { PaletteEdgeError } from '../errors.ts';
import { isNamedIn } from '../oci/origin.ts';
import type { Origin } from '../oci/origin.ts';
import { chartRequest } from '../profile/requested-chart.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';
import type { FileToBundle } from './bundle-files.ts';
import type { ChartToPin } from './chart-to-pin.ts';
import { readSourceFile } from './read-source-file.ts';
import type { PinnableRequests } from './scope-images.ts';

/** A definition with the file that it was read from. */
export interface LoadedDefinition {
  /** As it was typed. */
  readonly path: string;
  readonly source: DefinitionSource;
  readonly definition: Definition;
}

/** @throws PaletteEdgeError `DEFINITION_INVALID` (kind usage), or why the file cannot be read */
export async function loadDefinition(path: string): Promise<LoadedDefinition> {
  const source = await readSourceFile(path, 'definition');
  return { path, source, definition: readDefinition(source) };
}

/** As {@link loadDefinition}; undefined when there is no such file. */
export async function loadDefinitionIfThere(path: string): Promise<LoadedDefinition | undefined> {
  try {
    return await loadDefinition(path);
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Of what nothing is said, because it is left out. */
export interface SilentEntries {
  /** Names of profiles. */
  readonly excludedProfiles: readonly string[];
  readonly isLeftOut: (image: DefinedImage) => boolean;
  readonly isChartLeftOut: (chart: DefinedChart) => boolean;
}

/** What a definition asks for, as if it came from profiles and flags; warns of what is not pinned (`NOT_PINNED`). */
export function definitionRequests(
  { source, definition }: LoadedDefinition,
  { excludedProfiles, isLeftOut, isChartLeftOut }: SilentEntries,
): PinnableRequests {
  const charts = definition.charts.filter((chart) => !isChartLeftOut(chart));
  const images = definition.images.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  return {
    images: images.map(({ reference, name, digest, origins, line }) => ({
      reference,
      name,
      origins: origins ?? [{ kind: 'list', file: source.name, line }],
      ...(digest === undefined ? {} : { pin: digest }),
    })),
    profiles: definition.profiles,
    warnings: [...images.filter((image) => !isLeftOut(image)), ...charts]
      .filter(({ digest }) => digest === undefined)
      .filter(({ origins = [] }) => !excludedProfiles.some((profile) => isNamedIn(profile, origins)))
      .map(({ name, line }) => ({
        code: 'NOT_PINNED',
        message: `${source.name}:${line}: ${name} has no digest: what its tag stands for is taken, which changes`,
      })),
  };
}

/**
 * The charts of a definition, as if flags and packs asked for them.
 *
 * @throws PaletteEdgeError `CHART_REFERENCE_INVALID` (kind usage)
 */
export function definitionCharts({ source, definition }: LoadedDefinition): Map<DefinedChart, ChartToPin> {
  return new Map(
    definition.charts.map((chart) => {
      const origins = chart.origins ?? [{ kind: 'list', file: source.name, line: chart.line }];
      const { digest: pin, provenance } = chart;
      return [chart, { ...definedChartRequest(chart, origins), pin, provenance }];
    }),
  );
}

/**
 * What a chart of a definition asks for: the exact version where it is known, without the digest. Where the digest is asked
 * for, too, it is just what was asked for: the name depends on that.
 *
 * @throws PaletteEdgeError `CHART_REFERENCE_INVALID` (kind usage)
 */
export function definedChartRequest(
  { repository, name, wanted, version, digest, wantsDigest = false }: DefinedChart,
  origins: readonly Origin[],
): RequestedChart {
  const asked = (wantsDigest ? (wanted ?? version) : (version ?? wanted)) ?? '';
  const request = { ...chartRequest({ repository, name, version: asked }), origins };
  return wantsDigest ? { ...request, digest } : request;
}

/** The files of a definition; their paths begin at its folder. */
export function definitionFiles({ path, definition }: LoadedDefinition): FileToBundle[] {
  return definition.files.map((file) => ({
    path: isAbsolute(file.path) ? file.path : join(dirname(path), file.path),
    name: file.name,
    ...(file.digest === undefined ? {} : { digest: file.digest }),
  }));
}
