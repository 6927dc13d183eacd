import { join } from 'node:path';

import { FolderBlobs } from './folder-blobs.ts';
import { MemoryRepositories } from './memory-repositories.ts';
import type { PushedContent, RegistryContent } from './registry-content.ts';

/** Content of a registry that can be pushed to. */
export interface FolderRegistry extends RegistryContent {
  readonly blobs: FolderBlobs;
  readonly repositories: MemoryRepositories;
  readonly pushed: PushedContent;
}

/** An empty registry with its blobs in a folder and its names in memory. The folder is the caller's to remove. */
export function createFolderRegistry(folder: string): FolderRegistry {
  const blobs = new FolderBlobs(folder);
  const repositories = new MemoryRepositories();
  return { blobs, repositories, pushed: { blobs, repositories, uploadFolder: join(folder, 'uploads') } };
}
