import type { DriveSystem } from '../usb/drive-system.ts';
import { runTool } from '../usb/run-tool.ts';
import type { WriteListener } from '../usb/write-image.ts';
import type { Progress } from './progress.ts';

/** This machine, as far as drives are concerned. */
export function wireDriveSystem(): DriveSystem {
  const path = process.env['PATH'] ?? '';
  return {
    platform: process.platform,
    proc: '/proc',
    sys: '/sys',
    runTool: async (program, args, signal) => await runTool(program, args, { signal, path }),
  };
}

/** Shows writing and reading back as progress. */
export function writeListener(progress: Progress): WriteListener {
  return {
    onStart: (phase, bytes) => progress.startPhase(phase === 'write' ? 'Writing' : 'Reading back', bytes),
    onBytes: (count) => progress.advance(count),
  };
}
