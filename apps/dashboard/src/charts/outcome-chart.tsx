import 'uplot/dist/uPlot.min.css';
import type { RequestCounts } from '@keytrail/contracts';
import { Skeleton, useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { exactTime, type Zone } from '../time/format-time.js';
import { useTimes } from '../time/time-context.js';
import { ErrorNote } from '../ui/error-note.js';
import { stacked } from './stacked.js';
import classes from './charts.module.css';

const HEIGHT = 118;
const layers = [
  { name: 'authorised', label: 'Authorised', colour: '--chart-authorised' }, { name: 'error', label: 'Error', colour: '--chart-error' },
  { name: 'rate_limited', label: 'Rate limited', colour: '--chart-rate-limited' }, { name: 'denied', label: 'Denied', colour: '--chart-denied' },
] as const;

/** Requests over time by outcome; what is brushed becomes the range. */
export function OutcomeChart({ counts, error, onZoom }: { counts: RequestCounts | undefined; error: Error | null; onZoom(from: number, to: number): void }) {
  if (error !== null && counts === undefined) return <ErrorNote title="The counts over time cannot be shown" error={error} />;
  return (
    <section className={classes['histogram']} aria-label="Requests over time">
      {counts === undefined ? <Skeleton height={HEIGHT} /> : <Chart counts={counts} onZoom={onZoom} />}
      <ul className={classes['legend']}>
        {[...layers].reverse().map(({ name, label }) => (
          <li key={name} data-layer={name}><span aria-hidden />{label} <strong className="num">{counts === undefined ? '' : counts.totals[name].toLocaleString('en')}</strong></li>
        ))}
      </ul>
    </section>
  );
}

function Chart({ counts, onZoom }: { counts: RequestCounts; onZoom(from: number, to: number): void }) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  const scheme = useComputedColorScheme('light');
  const { zone } = useTimes();
  const { step_s } = counts;
  useEffect(() => {
    const element = holder.current!;
    const text = getComputedStyle(document.documentElement);
    const axis = { stroke: text.getPropertyValue('--muted'), grid: { stroke: text.getPropertyValue('--line'), width: 1 }, ticks: { show: false }, font: "11px 'Inter Variable'" };
    const bars = uPlot.paths.bars!({ size: [0.86, 40], align: 1 });
    const chart = new uPlot({
      width: element.clientWidth, height: HEIGHT, legend: { show: false }, padding: [6, 8, 0, 0],
      ...(zone === 'utc' && { tzDate: (at: number) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC') }),
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
      scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.05)] } },
      axes: [{ ...axis, grid: { show: false }, size: 26, values: (_plot, ticks) => ticks.map((tick) => tickLabel(tick * 1000, zone)) }, { ...axis, size: 52, values: (_plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? short(tick) : '')) }],
      series: [{}, ...layers.map((layer) => ({ label: layer.label, fill: text.getPropertyValue(layer.colour), stroke: text.getPropertyValue(layer.colour), width: 0, paths: bars, points: { show: false } }))],
      hooks: {
        setSelect: [(chart_) => {
          const { left, width } = chart_.select;
          if (width < 4) return;
          zoom.current(Math.round(chart_.posToVal(left, 'x') * 1000), Math.round(chart_.posToVal(left + width, 'x') * 1000));
          chart_.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        }],
      },
    }, [[]], element);
    plot.current = chart;
    const watch = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      chart.destroy();
      plot.current = undefined;
    };
  }, [scheme, zone, step_s]);
  useEffect(() => plot.current?.setData(stacked(counts, layers.map(({ name }) => name)) as uPlot.AlignedData), [counts, scheme, zone, step_s]);
  return <div ref={holder} className={classes['chart']} data-testid="histogram" title="Drag over a part of it to zoom in" />;
}

/** The hour, and at midnight the day. */
function tickLabel(at: number, zone: Zone): string {
  const exact = exactTime(at, zone);
  const clock = exact.slice(11, 19);
  return clock === '00:00:00' ? exact.slice(5, 10) : clock.endsWith(':00') ? clock.slice(0, 5) : clock;
}

const short = (count: number): string => (count < 1_000 ? String(count) : count < 1e6 ? `${Math.round(count / 100) / 10}k` : `${Math.round(count / 1e5) / 10}M`);
