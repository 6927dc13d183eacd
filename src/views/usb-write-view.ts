import { formatByteSize } from '../io/byte-size.ts';
import { durationText } from '../io/duration-text.ts';
import type { UsbWriteQuestion, UsbWriteResult } from '../workflows/write-usb-drive.ts';
import { textFields } from './text-fields.ts';
import { modelText } from './usb-list-view.ts';

/** More partitions than that nobody reads. */
const mostContents = 8;

/** What is about to be lost, and for what. */
export function usbQuestionView({ image, drive, device }: UsbWriteQuestion): string {
  const { path, serial, size, transport, contents } = drive;
  const shown = contents.slice(0, mostContents).map((each): [string, string] => {
    const what = [each.content, each.label === undefined ? undefined : JSON.stringify(each.label)];
    const text = what.filter((word) => word !== undefined).join(' ');
    return ['', `${each.path}, ${formatByteSize(each.size)}: ${text === '' ? 'unknown content' : text}`];
  });
  const [first = ['', 'nothing that is known'], ...rest] = shown;
  const more = contents.length - shown.length;
  return [
    `Everything on ${path} will be lost.`,
    textFields([
      ['drive', device === path ? path : `${path}, named as ${device}`],
      ['model', modelText(drive)],
      ['serial', serial ?? '-'],
      ['size', `${formatByteSize(size)}${transport === undefined ? '' : `, ${transport}`}`],
      ['on it now', first[1]],
      ...rest,
      ...(more > 0 ? [['', `${more} more`] as const] : []),
      ['image', imageText(image)],
    ]),
  ].join('\n');
}

/** What is on the drive now. */
export function usbWriteView(result: UsbWriteResult): string {
  const { image, label, device, bytes, sha256, checksumFile, seconds } = result;
  return [
    `Wrote ${image} to ${device}, and read back the same`,
    textFields([
      ...(label === undefined ? [] : [['label', label] as const]),
      ['drive', modelText({ vendor: undefined, model: result.model })],
      ['serial', result.serial ?? '-'],
      ['size', `${formatByteSize(bytes)} (${bytes} bytes)`],
      ['sha256', checksumFile === undefined ? sha256 : `${sha256}, as ${checksumFile} says`],
      ['verified', 'yes, every byte'],
      ['time', durationText(seconds)],
    ]),
    'The drive can be pulled out.',
  ].join('\n');
}

function imageText({ path, size, label }: UsbWriteQuestion['image']): string {
  return [
    path,
    formatByteSize(size),
    ...(label === undefined ? [] : [`label ${JSON.stringify(label)}`]),
  ].join(', ');
}
