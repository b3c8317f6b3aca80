import type { RequestCounts } from '@keytrail/contracts';

export type Layer = keyof RequestCounts['totals'];

/**
 * Columns for a chart that draws each layer over the one before: seconds, then for each layer its count and that of all layers after it, so that the last one
 * stands on the ground and each covers what is not its own.
 */
export function stacked({ series }: Pick<RequestCounts, 'series'>, layers: readonly Layer[]): number[][] {
  const heights = series.map((step) => layers.map((_, at) => layers.slice(at).reduce((sum, layer) => sum + step[layer], 0)));
  return [series.map(({ time }) => Date.parse(time) / 1000), ...layers.map((_, at) => heights.map((height) => height[at] ?? 0))];
}
