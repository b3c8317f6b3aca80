import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { exactTime, relativeTime, type Zone } from './format-time.js';

const STORED = 'keytrail-zone';
const TICK_MS = 5_000;

interface Times {
  zone: Zone;
  setZone(zone: Zone): void;
}

const TimesContext = createContext<Times>({ zone: 'local', setZone: () => undefined });
const NowContext = createContext(0);

/** One clock for the whole page, so that all relative times change together. */
export function TimeProvider({ children }: { children: ReactNode }) {
  const [zone, setZone] = useState<Zone>(() => (localStorage.getItem(STORED) === 'utc' ? 'utc' : 'local'));
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const times = useMemo(() => ({
    zone,
    setZone(chosen: Zone) {
      localStorage.setItem(STORED, chosen);
      setZone(chosen);
    },
  }), [zone]);
  return <TimesContext.Provider value={times}><NowContext.Provider value={now}>{children}</NowContext.Provider></TimesContext.Provider>;
}

export const useTimes = (): Times => useContext(TimesContext);
/** Epoch milliseconds, a few seconds old at most. */
export const useNow = (): number => useContext(NowContext);

/** How long ago; the exact time shows on hover. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  const { zone } = useTimes();
  const time = Date.parse(at);
  return <time className="num" dateTime={at} title={exactTime(time, zone, 3)}>{relativeTime(time, Math.max(now, time > now && time - now < TICK_MS ? time : now))}</time>;
}

/** The exact time; how long ago shows on hover. */
export function At({ at, digits = 0 }: { at: string; digits?: 0 | 3 }) {
  const now = useNow();
  const { zone } = useTimes();
  const time = Date.parse(at);
  return <time className="num" dateTime={at} title={relativeTime(time, now)}>{exactTime(time, zone, digits)}</time>;
}
