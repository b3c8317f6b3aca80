/** What is done to a key, and when a detector has to see it. */
export interface Attack {
  type: 'spike' | 'drop' | 'errors' | 'denied' | 'ramp';
  size: string;
  /** Minutes it lasts. */
  minutes: number;
  grade: 'strong' | 'medium' | 'weak';
  /** Requests a minute the key makes at that time for this to count. */
  from: number;
  to: number;
  requests?: (mean: number, minute: number) => number;
  errors?: number;
  /** Refused calls a minute on top. */
  denied?: (minute: number) => number;
}

const times = (factor: number) => (mean: number): number => factor * mean;

export const attacks: readonly Attack[] = [
  { type: 'spike', size: 'x10', minutes: 30, grade: 'strong', from: 1, to: Infinity, requests: times(10) },
  { type: 'spike', size: 'x10', minutes: 60, grade: 'medium', from: 0.2, to: 1, requests: times(10) },
  { type: 'spike', size: 'x5', minutes: 30, grade: 'strong', from: 10, to: Infinity, requests: times(5) },
  { type: 'spike', size: 'x5', minutes: 60, grade: 'medium', from: 1, to: 10, requests: times(5) },
  { type: 'spike', size: 'x3', minutes: 60, grade: 'medium', from: 10, to: Infinity, requests: times(3) },
  { type: 'spike', size: 'x2', minutes: 120, grade: 'weak', from: 10, to: Infinity, requests: times(2) },
  { type: 'drop', size: 'to 0', minutes: 60, grade: 'strong', from: 20, to: Infinity, requests: () => 0 },
  { type: 'drop', size: 'to 0', minutes: 90, grade: 'medium', from: 3, to: 20, requests: () => 0 },
  { type: 'drop', size: 'to 20 %', minutes: 90, grade: 'medium', from: 20, to: Infinity, requests: times(0.2) },
  { type: 'drop', size: 'to 50 %', minutes: 120, grade: 'weak', from: 20, to: Infinity, requests: times(0.5) },
  { type: 'errors', size: '80 %', minutes: 30, grade: 'strong', from: 3, to: Infinity, errors: 0.8 },
  { type: 'errors', size: '80 %', minutes: 60, grade: 'medium', from: 0.5, to: 3, errors: 0.8 },
  { type: 'errors', size: '30 %', minutes: 60, grade: 'medium', from: 10, to: Infinity, errors: 0.3 },
  { type: 'denied', size: '20 calls', minutes: 5, grade: 'strong', from: 0, to: Infinity, denied: () => 4 },
  { type: 'denied', size: '10 calls', minutes: 5, grade: 'medium', from: 0, to: 100, denied: () => 2 },
  { type: 'ramp', size: 'x5 in 4 h', minutes: 360, grade: 'weak', from: 10, to: Infinity, requests: (mean, minute) => mean * (1 + 4 * Math.min(1, minute / 240)) },
];
