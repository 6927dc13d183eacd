import { Args, Flags } from '@oclif/core';

import { askDrive } from '../../cli/ask-drive.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { wireDriveSystem, writeListener } from '../../cli/wire-usb.ts';
import { usbQuestionView, usbWriteView } from '../../views/usb-write-view.ts';
import { writeUsbDrive } from '../../workflows/write-usb-drive.ts';
import type { UsbWriteQuestion, UsbWriteResult } from '../../workflows/write-usb-drive.ts';

/** `palette-edge usb write` */
export default class UsbWrite extends BaseCommand {
  static override summary = 'Writes an image to a whole USB drive, and reads it back.';
  static override description = `On Linux, as root. Everything on the drive is lost: its name has to be typed before. Refuses a drive that is in use or holds the system, whatever the flags, and one that is read-only, too small or not removable.

What is on the drive is recognised by its beginning, which is wiped first and written last, when all the rest has been read back: a drive that was pulled out halfway looks empty.`;
  static override examples = [
    {
      description: 'Write an image, and be asked for the name of the drive:',
      command: 'sudo <%= config.bin %> <%= command.id %> content.iso /dev/sdb',
    },
    {
      description: 'In a script, to the one drive with this serial number:',
      command:
        'sudo <%= config.bin %> <%= command.id %> content.iso /dev/sdb --yes --serial 4C530001230516114225',
    },
  ];

  static override args = {
    image: Args.string({
      description: 'An ISO, or another image of a drive.',
      required: true,
      ignoreStdin: true,
    }),
    device: Args.string({
      description: 'The device of the whole drive, such as /dev/sdb, or a link to it.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    yes: Flags.boolean({ summary: 'Do not ask.', dependsOn: ['serial'] }),
    serial: Flags.string({
      helpValue: 'SERIAL',
      summary: 'Refuse a drive with another serial number.',
    }),
    'not-removable': Flags.boolean({
      summary:
        'Take a disk that is not removable, or a loop device, whose serial number is the path of the file behind it.',
      dependsOn: ['serial'],
    }),
  };

  /** How much of the drive is left, should it end here. */
  protected override resumeAdvice = 'Nothing was written. Run the same command again.';

  async run(): Promise<UsbWriteResult> {
    const { args, flags } = await this.parse(UsbWrite);
    const { signal } = this;
    using progress = this.progress();
    const listener = writeListener(progress);
    const result = await writeUsbDrive(
      { ...args, serial: flags.serial, allowsFixed: flags['not-removable'] },
      {
        system: wireDriveSystem(),
        listener: {
          ...listener,
          onStart: (phase, bytes) => {
            this.resumeAdvice = `What was on ${args.device} is lost, and it is of no use until an image is written to it again.`;
            listener.onStart(phase, bytes);
          },
        },
        confirm: async (question) => await this.#confirm(question, flags.yes),
      },
      signal,
    );
    progress.close();
    this.show(usbWriteView(result));
    return result;
  }

  async #confirm(question: UsbWriteQuestion, isAgreed: boolean): Promise<void> {
    const view = usbQuestionView(question);
    if (isAgreed) this.tellNews(view);
    else
      await askDrive(question, {
        tell: () => this.tell(view),
        isJson: this.jsonEnabled(),
        signal: this.signal,
      });
  }
}
