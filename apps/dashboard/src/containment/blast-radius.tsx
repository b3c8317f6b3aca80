import type { BlastRadius } from '@keytrail/contracts';
import { Skeleton } from '@mantine/core';
import { Ago } from '../time/time-context.js';
import { ErrorNote } from '../ui/error-note.js';
import { consequences } from './consequence.js';
import classes from './containment.module.css';

const SHOWN = 6;

/** What a revocation would break. */
export function BlastRadiusView({ radius, error }: { radius: BlastRadius | undefined; error: Error | null }) {
  if (error !== null) return <ErrorNote title="What this would break is not known" error={error} advice="You can go on all the same; ask the owner first if there is time." />;
  if (radius === undefined) return <div aria-busy="true"><Skeleton height={66} /><Skeleton height={110} mt={10} /></div>;
  const [first, ...rest] = consequences(radius);
  return (
    <div className={classes['radius']}>
      <div className={classes['warning']}>
        <strong>{first}</strong>
        <ul>{rest.map((line) => <li key={line}>{line}</li>)}</ul>
      </div>
      {radius.callers.length > 0 && (
        <div className={classes['scroll']}>
          <table className={classes['table']}>
            <thead><tr><th>Caller</th><th>Calls itself</th><th className={classes['right']}>In 30 days</th><th className={classes['right']}>Last seen</th></tr></thead>
            <tbody>
              {radius.callers.slice(0, SHOWN).map(({ network, user_agent, requests, last_seen }) => (
                <tr key={`${network} ${user_agent}`}>
                  <td className="mono">{network}</td><td className={classes['agent']} title={user_agent}>{user_agent || <span className="muted">nothing</span>}</td>
                  <td className={`${classes['right']} num`}>{requests.toLocaleString('en')}</td><td className={classes['right']}><Ago at={last_seen} /></td>
                </tr>
              ))}
            </tbody>
          </table>
          {radius.callers_total > SHOWN && <p className="muted">and {radius.callers_total - SHOWN} more</p>}
        </div>
      )}
      {radius.shared_with.length > 0 && <p className={classes['shared']}>Also held by these callers: {radius.shared_with.map(({ name }) => name).join(', ')}.</p>}
    </div>
  );
}
