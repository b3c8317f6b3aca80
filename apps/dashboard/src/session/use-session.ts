import type { Permission, Session } from '@keytrail/contracts';
import { createContext, useContext } from 'react';

export const SessionContext = createContext<Session | undefined>(undefined);

/** Whoever is signed in. Pages are shown to nobody else. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('a page is shown though nobody is signed in');
  return session;
}

/** Whether the role may do this; what it may not do is not shown, and the server refuses it anyway. */
export const useMay = (permission: Permission): boolean => useSession().permissions.includes(permission);
