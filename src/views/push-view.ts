import { formatByteSize } from '../io/byte-size.ts';
import { durationText } from '../io/duration-text.ts';
import { failureLines } from '../workflows/image-failure.ts';
import type { PlannedPush, PushPlan } from '../workflows/plan-push.ts';
import type { PushResult } from '../workflows/push-result.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';
import { textTable } from './text-table.ts';

const shownImages = 200;

/** What is going to be sent, in a line. */
export function pushPlanView({ images, bytesToSend, bytesPresent }: PushPlan): string {
  const missing = images.filter(({ isPresent }) => !isPresent).length;
  const present = `${formatByteSize(bytesPresent)} are there`;
  return `${countOf(images.length, 'image')}, ${missing} to push: ${formatByteSize(bytesToSend)} to send, ${present}`;
}

/** What a push did; after a dry run, what it would do. */
export function pushView(result: PushResult): string {
  return (result.isDryRun ? dryRunLines(result) : pushedLines(result)).join('\n');
}

function dryRunLines(result: PushResult): string[] {
  const { images, statistics } = result;
  const rows = images.slice(0, shownImages).map((image) => [image.pushedAs, stateOf(image)]);
  const more = images.length - rows.length;
  return [
    ...(rows.length > 0 ? [textTable(['NAME', 'STATE'], rows)] : []),
    ...(more > 0 ? [`and ${more} more`] : []),
    '',
    `Would send ${formatByteSize(statistics.bytesToSend)} to ${result.destination}; ${formatByteSize(statistics.bytesPresent)} are there`,
    ...failureBlock(result, 'cannot be pushed'),
  ];
}

function stateOf({ isPresent, replaces }: PlannedPush): string {
  if (isPresent) return 'there';
  return replaces === undefined ? 'to push' : `to push, replaces ${replaces}`;
}

function pushedLines(result: PushResult): string[] {
  const { images, destination, statistics } = result;
  const { bytesSent, bytesPresent, blobsUploaded, blobsMounted, retries, seconds } = statistics;
  const companions = images.filter(({ isCompanion }) => isCompanion).length;
  const present = images.filter(({ isPresent }) => isPresent).length;
  const replaced = images.filter(({ replaces }) => replaces !== undefined).length;
  const sent = [
    `${formatByteSize(bytesSent)} in ${countOf(blobsUploaded, 'blob')}`,
    ...(retries > 0 ? [`${retries} ${retries === 1 ? 'retry' : 'retries'}`] : []),
    `in ${durationText(seconds)}`,
  ];
  const fields: [string, string][] = [
    ['images', String(images.length - companions)],
    ...(companions > 0 ? [['companions', String(companions)] satisfies [string, string]] : []),
    ['there before', `${present}, ${formatByteSize(bytesPresent)}`],
    ...(replaced > 0 ? [['tags moved', String(replaced)] satisfies [string, string]] : []),
    ['sent', sent.join(', ')],
    ...(blobsMounted > 0 ? [['mounted', countOf(blobsMounted, 'blob')] satisfies [string, string]] : []),
  ];
  return [`Pushed to ${destination}`, textFields(fields), ...failureBlock(result, 'failed')];
}

function failureBlock({ failures }: PushResult, verb: string): string[] {
  if (failures.length === 0) return [];
  return [`${countOf(failures.length, 'image')} ${verb}:`, ...failureLines(failures)];
}
