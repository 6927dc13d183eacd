import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ImageSources } from '../../src/workflows/resolve-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** No source of images. */
export const noSources: ImageSources = {
  profiles: [],
  images: [],
  imagesFiles: [],
  manifests: [],
  variables: new Map(),
  macros: new Map(),
};

/** Makes a folder with these files for the running test. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}
