export { DetectionModule, FindingsHttpModule } from './detection.module.js';
export { Detection } from './detection.service.js';
export { presentFinding, type FindingRow } from './finding.store.js';
export { ruleCatalogue } from './rules/index.js';
