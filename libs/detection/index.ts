export { CallerActivityStore } from './caller-activity.store.js';
export { DetectionModule, FindingsHttpModule } from './detection.module.js';
export { Detection } from './detection.service.js';
export { presentFinding, type FindingRow } from './finding.store.js';
export { networkOf, ruleCatalogue } from './rules/index.js';
