import type { DefinedChart } from '../definition/definition.ts';
import type { Digest } from '../oci/digest.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';

/** A chart that is asked for, perhaps with what a definition says of it. */
export interface ChartToPin extends RequestedChart {
  /** As `digest`, but only what the version stands for: the chart is named by its version. */
  readonly pin?: Digest | undefined;
  /** As in a definition; undefined for whatever is beside the archive. */
  readonly provenance?: DefinedChart['provenance'];
}
