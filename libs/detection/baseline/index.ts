export { advance, scoreOpenMinute } from './advance.js';
export { signedDeviance } from './deviance.js';
export { expectedAt } from './expected.js';
export { baselineSettings, emptyBaseline, type BaselineSettings, type BaselineState } from './state.js';
export type { Episode, Verdict } from './verdict.js';
