export { CallerActivityStore } from './caller-activity.store.js';
export { DetectionModule, FindingsHttpModule } from './detection.module.js';
export { Detection } from './detection.service.js';
export { FindingStore, presentFinding, type FindingRow } from './finding.store.js';
export { newKeyWatch, watchActivity } from './key-watch.js';
export { networkOf, ruleCatalogue } from './rules/index.js';
export { SLICE_MINUTES } from './slices.js';
export type { CallerActivity } from './types.js';
