import type { Descriptor } from '../oci/descriptor.ts';
import type { GraphImage, ImageGraph } from '../oci/image-graph.ts';

/** An image graph without annotations: they may take more memory than all the rest. */
export function bareGraph(graph: ImageGraph): ImageGraph {
  return {
    ...graph,
    root: bare(graph.root),
    blobs: graph.blobs.map(({ descriptor, role }) => ({ descriptor: bare(descriptor), role })),
    images: graph.images.map(bareGraphImage),
  };
}

/** As {@link bareGraph}, for one of its images. */
export function bareGraphImage({ platform, manifest, config, layers }: GraphImage): GraphImage {
  return { platform, manifest: bare(manifest), config: bare(config), layers: layers.map(bare) };
}

function bare({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
