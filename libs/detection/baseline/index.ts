export { advance, scoreOpenMinute } from './advance.js';
export { signedDeviance } from './deviance.js';
export { leniency, thresholdAfter } from './bar.js';
export { follow } from './episode.js';
export { expectedAt, levelNow } from './expected.js';
export { closeKeyMinute, emptyKeyBaseline, emptyShares, readShares, type Judged, type KeyBaseline, type MinuteCounts, type Shares } from './key-baseline.js';
export { baselineSettings, emptyBaseline, readBaseline, type BaselineSettings, type BaselineState } from './state.js';
export type { Alarm, AlarmKind, Episode, Verdict } from './verdict.js';
export type { ShareState } from './share.js';
