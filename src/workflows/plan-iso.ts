import { basename } from 'node:path';

import { partNames } from '../bundle/part-name.ts';
import { partsListName } from '../bundle/parts-list.ts';
import type { BundlePlan } from '../bundle/plan-bundle.ts';
import { largestIsoSize } from '../iso/iso-entry.ts';
import { checkIsoOutput } from './check-output.ts';
import { clusterDefinitionPath } from './cluster-definition.ts';
import type { ClusterDefinition } from './cluster-definition.ts';
import { defaultIsoPath, refuseSource } from './create-iso.ts';
import { clusterDefinitionName, isoBundlePath, isoContent, refuseIsoClashes } from './iso-content.ts';
import type { IsoRequest } from './iso-content.ts';
import type { SplitRequest } from './split-request.ts';

/** An image that a build is going to make. */
export interface PlannedIso {
  readonly path: string;
  /** The image is not larger than this. */
  readonly expectedSize: number;
}

/** The image that was asked for, and the bundle that goes into it, which is not there yet. */
export interface IsoToPlan {
  /** Undefined when none was. */
  readonly image?: IsoRequest;
  readonly bundle: BundlePlan;
  /** Where the bundle goes. */
  readonly path: string;
  readonly split?: SplitRequest;
  /** One that is downloaded; undefined when there is none. */
  readonly clusterDefinition?: ClusterDefinition;
}

/**
 * Looks at all that is known of an image before its bundle is there: its place, and the names of what goes into it.
 *
 * @returns undefined when none was asked for
 * @throws PaletteEdgeError `NOT_A_FILE`, `OUTPUT_TAKEN`, `ISO_NAME_TAKEN` (kind usage), and as {@link isoContent} does
 */
export async function planIso(input: IsoToPlan): Promise<PlannedIso | undefined> {
  const { image, bundle, split, clusterDefinition } = input;
  if (image === undefined) return undefined;
  const path = defaultIsoPath(input.path);
  await checkIsoOutput(path);
  const content = await isoContent([], image);
  await refuseSource(path, content);
  const { expectedBundleSize, id, inventory } = bundle;
  const whole = isoBundlePath(input.path, image.folder, { id, name: inventory.name });
  const names = split === undefined ? [whole] : namesOfParts(whole, split, expectedBundleSize);
  const others = [
    ...content.files.flatMap(({ pieces }) => pieces),
    ...(image.clusterDefinition === undefined ? definitionEntries(clusterDefinition) : []),
  ];
  refuseIsoClashes([...others.map((each) => each.path), ...names]);
  const parts = names.map(() => ({ size: Math.ceil(expectedBundleSize / names.length) }));
  return { path, expectedSize: largestIsoSize([...others, ...parts]) };
}

function definitionEntries(definition: ClusterDefinition | undefined): { path: string; size: number }[] {
  if (definition === undefined) return [];
  const name = basename(clusterDefinitionPath('bundle', definition.name));
  return [{ path: clusterDefinitionName(name), size: definition.bytes.length }];
}

/** As many as there can be. */
function namesOfParts(whole: string, { partSize, style }: SplitRequest, expectedSize: number): string[] {
  return [partsListName(whole), ...partNames(whole, Math.ceil(expectedSize / partSize), style)];
}
