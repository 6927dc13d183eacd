import type { DemoResult } from '../workflows/run-demo.ts';
import { buildView } from './build-view.ts';
import { verifyView } from './verify-view.ts';

/**
 * What the demo did, and what to try next.
 *
 * @param command how the tool is called here: `palette-edge`
 */
export function demoView({ build, verification, folder }: DemoResult, command: string): string {
  const { path } = verification;
  return [
    buildView(build),
    verifyView(verification),
    '',
    'Try next:',
    `  ${command} inspect ${path}`,
    `  zstd -dc ${path} | tar -tf -`,
    `  ${command} build --profile YOUR_PROFILE.json --dry-run`,
    `  ${command} demo --remove${folder === 'palette-edge-demo' ? '' : ` --dir ${folder}`}`,
  ].join('\n');
}
