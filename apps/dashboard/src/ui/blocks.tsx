import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './ui.module.css';

/** A part of a page under a heading of its own. */
export function Section({ title, count, aside, children, id }: { title: string; count?: number | undefined; aside?: ReactNode; children: ReactNode; id?: string }) {
  return (
    <section className={classes['section']} aria-label={title} id={id}>
      <header className={classes['sectionHead']}>
        <h2>{title}{count !== undefined && <span className={classes['count']}>{count}</span>}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** Nothing is there: why, and how to get something there. */
export function Empty({ title, children, icon }: { title: string; children?: ReactNode; icon?: ReactNode }) {
  return <div className={classes['empty']}>{icon}<strong>{title}</strong>{children !== undefined && <div className="muted">{children}</div>}</div>;
}

/** Stands where rows will be, as high as they are. */
export function SkeletonRows({ rows, height = 44 }: { rows: number; height?: number }) {
  return (
    <div aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => <div key={row} className={classes['skeletonRow']}><Skeleton height={height - 22} radius="sm" /></div>)}
    </div>
  );
}

/** A figure with what it counts. */
export function Figure({ label, value, tone }: { label: string; value: ReactNode; tone?: 'critical' | 'high' | 'good' | undefined }) {
  return <div className={classes['figure']}><dt>{label}</dt><dd className={`num ${tone === undefined ? '' : classes[`${tone}Text`] ?? ''}`}>{value}</dd></div>;
}
