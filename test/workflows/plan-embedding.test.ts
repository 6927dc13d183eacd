import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { planEmbedding } from '../../src/workflows/plan-embedding.ts';
import type { FilesToEmbed } from '../../src/workflows/plan-embedding.ts';

const options = { pieceSize: 10, replaces: false };
const nothing: FilesToEmbed = {
  content: [],
  userData: undefined,
  clusterDefinition: undefined,
  edgeConfig: undefined,
};

function content(name: string, size: number): FilesToEmbed['content'][number] {
  return { name, sources: [{ path: `/${name}`, size }] };
}

function refusal(plan: () => unknown): PaletteEdgeError {
  try {
    plan();
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

test('configuration comes first, content last, as it was given', () => {
  const supplied = {
    ...nothing,
    content: [content('b.zst', 15), content('a.zst', 5)],
    userData: { path: '/u', size: 1 },
    clusterDefinition: { path: '/c', size: 2 },
    edgeConfig: { path: '/e', size: 3 },
  };
  const { added, removed, otherContent } = planEmbedding(['boot/kernel'], supplied, options);
  expect(added.map(({ path }) => path)).toEqual([
    'config.yaml',
    '.edge_custom_config.yaml',
    'opt/spectrocloud/clusterconfig/spc.tgz',
    'opt/spectrocloud/content/b.zst_part00',
    'opt/spectrocloud/content/b.zst_part01',
    'opt/spectrocloud/content/a.zst_part00',
  ]);
  expect([removed, otherContent]).toEqual([[], []]);
});

test('user data replaces all user data that the installer would read', () => {
  const files = ['config.yaml', 'files-iso/config.yaml'];
  const { added, removed } = planEmbedding(files, { ...nothing, userData: { path: '/u', size: 1 } }, options);
  expect(added.map(({ path }) => path)).toEqual(files);
  expect(removed).toEqual(files);
});

test('content that is whole in the installer is of the same name, too', () => {
  const files = ['opt/spectrocloud/content/a.zst', 'opt/spectrocloud/content/Readme.txt'];
  const supplied = { ...nothing, content: [content('a.zst', 5)] };
  expect(refusal(() => planEmbedding(files, supplied, options))).toMatchObject({ code: 'CONTENT_TAKEN' });
  const { removed, otherContent } = planEmbedding(files, supplied, { ...options, replaces: true });
  expect(removed).toEqual(['opt/spectrocloud/content/a.zst']);
  expect(otherContent).toEqual([]);
});

test('a signature file lies beside its content, and goes with it', () => {
  const files = ['opt/spectrocloud/content/a.zst_part00', 'opt/spectrocloud/content/a.zst.sig'];
  const signed = { ...content('a.zst', 5), signatures: { path: '/a.zst.sig', size: 3 } };
  const replacing = { ...options, replaces: true };
  const { added } = planEmbedding([], { ...nothing, content: [signed] }, options);
  expect(added).toMatchObject([
    { path: 'opt/spectrocloud/content/a.zst_part00' },
    { path: 'opt/spectrocloud/content/a.zst.sig', source: '/a.zst.sig', size: 3 },
  ]);
  const unsigned = planEmbedding(files, { ...nothing, content: [content('a.zst', 5)] }, replacing);
  expect(unsigned.removed).toEqual(files);
  const other = planEmbedding(files, { ...nothing, content: [content('b.zst', 5)] }, replacing);
  expect(other.removed).toEqual([]);
});

test('so many pieces that split would number them otherwise are refused', () => {
  const plan = (size: number) =>
    planEmbedding([], { ...nothing, content: [content('a.zst', size)] }, options);
  expect(plan(900).added).toHaveLength(90);
  const error = refusal(() => plan(901));
  expect(error).toMatchObject({ code: 'CONTENT_PIECES', kind: 'usage' });
  expect(error.suggestions.join()).toContain('--split');
});

test('a bundle in more parts than that is to be joined first', () => {
  const sources = Array.from({ length: 91 }, (_, index) => ({ path: `/a.part${index}`, size: 1 }));
  const bundle = { ...content('a.zst', 91), sources };
  const error = refusal(() => planEmbedding([], { ...nothing, content: [bundle] }, options));
  expect(error).toMatchObject({ code: 'CONTENT_PIECES', kind: 'usage' });
  expect(error.suggestions).toEqual([
    'It is in more parts than that. Join them, and name the whole: cat a.zst[._]part[0-9]* > a.zst',
  ]);
});

test.each([
  ['a file where a folder is needed', 'opt/spectrocloud'],
  ['a folder where a file is needed', 'config.yaml/inside'],
])('%s is in the way', (_, file) => {
  const supplied = { ...nothing, content: [content('a.zst', 5)], userData: { path: '/u', size: 1 } };
  const error = refusal(() => planEmbedding([file], supplied, options));
  expect(error).toMatchObject({ code: 'INSTALLER_PATH_TAKEN', kind: 'usage' });
  expect(error.message).toContain(file);
});
