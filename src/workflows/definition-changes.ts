import { chartKey } from '../definition/definition.ts';
import type { Definition } from '../definition/definition.ts';
import type { DefinitionContent } from '../definition/write-definition.ts';
import type { Digest } from '../oci/digest.ts';
import { writtenTitle } from './written-chart.ts';
import type { WrittenChart } from './written-chart.ts';

/** Names of images and charts by what became of them. */
export interface DefinitionChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly moved: readonly string[];
  readonly unpinned: readonly string[];
}

/** Compares what is written with what was there: images first, each list sorted. */
export function definitionChanges(
  before: Pick<Definition, 'images' | 'charts'>,
  after: Pick<DefinitionContent, 'images' | 'charts'>,
): DefinitionChanges {
  const images = changesAmong(before.images.map(imageEntry), after.images.map(imageEntry));
  const charts = changesAmong(before.charts.map(chartEntry), after.charts.map(chartEntry));
  return {
    added: [...images.added, ...charts.added],
    removed: [...images.removed, ...charts.removed],
    moved: [...images.moved, ...charts.moved],
    unpinned: [...images.unpinned, ...charts.unpinned],
  };
}

interface Entry {
  readonly key: string;
  readonly title: string;
  readonly digest: Digest | undefined;
  /** Of a chart. */
  readonly version?: string | undefined;
}

function imageEntry({
  name,
  digest,
}: {
  readonly name: string;
  readonly digest?: Digest | undefined;
}): Entry {
  return { key: name, title: name, digest };
}

function chartEntry(chart: WrittenChart): Entry {
  return { key: chartKey(chart), title: writtenTitle(chart), digest: chart.digest, version: chart.version };
}

function changesAmong(before: readonly Entry[], after: readonly Entry[]): DefinitionChanges {
  const old = new Map(before.map((entry) => [entry.key, entry]));
  const current = new Set(after.map(({ key }) => key));
  return {
    added: titlesOf(after.filter(({ key }) => !old.has(key))),
    removed: titlesOf(before.filter(({ key }) => !current.has(key))),
    moved: after.flatMap((entry) => movedTitle(entry, old.get(entry.key))).toSorted(),
    unpinned: titlesOf(after.filter(({ digest }) => digest === undefined)),
  };
}

function titlesOf(entries: readonly Entry[]): string[] {
  return entries.map(({ title }) => title).toSorted();
}

function movedTitle({ title, digest, version }: Entry, old: Entry | undefined): string[] {
  if (old?.digest === undefined || old.digest === digest) return [];
  return [old.version === version ? title : `${title} (was ${old.version})`];
}
