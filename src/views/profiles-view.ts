import type { ProfileList } from '../workflows/list-profiles.ts';
import { textTable } from './text-table.ts';

/** The cluster profiles of a project. */
export function profilesView({ profiles }: ProfileList): string {
  const rows = profiles.map(({ uid, name, version, type, cloudType, isPublished }) => [
    uid,
    name,
    version || '-',
    `${type || '-'}${isPublished ? '' : ' (draft)'}`,
    cloudType || '-',
  ]);
  return textTable(['UID', 'NAME', 'VERSION', 'TYPE', 'CLOUD'], rows);
}
