import { parse } from 'yaml';

import { isRecord } from '../io/is-record.ts';
import { invalidChart } from './chart-error.ts';

/** Chart.yaml of real charts is smaller, pages of annotations included; the config made of it must fit into 4 MiB. */
const maximumSize = 1024 * 1024;

/**
 * Parses a YAML document of a chart.
 *
 * @param place which file of which chart, for messages
 * @throws PaletteEdgeError `CHART_INVALID` when it is too large, no YAML, or no mapping
 */
export function parseChartYaml(bytes: Uint8Array, place: string): Readonly<Record<string, unknown>> {
  if (bytes.length > maximumSize) throw invalidChart(place, `it has more than ${maximumSize} bytes`);
  const document = parseYamlText(new TextDecoder().decode(bytes), place);
  if (!isRecord(document)) throw invalidChart(place, 'it is no mapping');
  return document;
}

/**
 * Parses YAML text whose size is bounded already.
 *
 * @throws PaletteEdgeError `CHART_INVALID` when it is no YAML
 */
export function parseYamlText(text: string, place: string): unknown {
  try {
    const document: unknown = parse(text, { uniqueKeys: false, logLevel: 'error', prettyErrors: false });
    return document;
  } catch (error) {
    // Nesting without end is a RangeError of the library.
    throw invalidChart(place, 'it is no valid YAML', error);
  }
}
