import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import { ApiError } from '../api/api-error.js';
import { sessionQuery } from '../api/queries.js';
import { SignIn } from '../session/sign-in.js';
import { SessionContext } from '../session/use-session.js';
import { ErrorNote } from '../ui/error-note.js';
import { Shell } from './shell.js';
import classes from './shell.module.css';

/** Who is not signed in is asked to, at whatever address: the page that was asked for is there afterwards. */
export function Root() {
  const { data, error, refetch, isPending } = useQuery(sessionQuery);
  if (error instanceof ApiError && error.status === 401) return <SignIn />;
  if (data !== undefined) return <SessionContext.Provider value={data}><Shell><Outlet /></Shell></SessionContext.Provider>;
  if (isPending) return <div className={classes['frame']} aria-busy="true"><div className={classes['nav']} /><div className={classes['page']}><Skeleton height={28} width={220} /><Skeleton height={320} mt={20} /></div></div>;
  return <main className={classes['alone']}><ErrorNote title="The dashboard cannot start" error={error} onRetry={() => void refetch()} /></main>;
}
