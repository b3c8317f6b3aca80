import { useEffect, useState } from 'react';

const STORED = 'keytrail-last-visit';
/** Looking in again within this time is the same visit. */
const ONE_VISIT_MS = 10 * 60_000;

interface Visits { last: string | undefined; now: string }

/** When this browser was here before this visit; undefined the first time. */
export function useLastVisit(): string | undefined {
  const [visits] = useState(readVisits);
  useEffect(() => localStorage.setItem(STORED, JSON.stringify(visits)), [visits]);
  return visits.last;
}

function readVisits(): Visits {
  const now = new Date().toISOString();
  try {
    const { last, now: before } = JSON.parse(localStorage.getItem(STORED) ?? '') as Visits;
    return Date.parse(now) - Date.parse(before) < ONE_VISIT_MS ? { last, now } : { last: before, now };
  } catch {
    return { last: undefined, now };
  }
}
