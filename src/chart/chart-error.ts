import { PaletteEdgeError } from '../errors.ts';

/**
 * The error for something that is no Helm chart, or a chart that is damaged.
 *
 * @param place which chart it is, for the message
 */
export function invalidChart(place: string, reason: string, cause?: unknown): PaletteEdgeError {
  return new PaletteEdgeError('CHART_INVALID', `${place}: ${reason}`, {
    kind: 'content',
    cause,
    suggestions: ['Check it with helm show chart; then package it again.'],
  });
}
