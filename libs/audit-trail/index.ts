export { AuditProofs, type ProvenEntry } from './audit-proofs.service.js';
export { AuditTrailHttpModule, AuditTrailModule } from './audit-trail.module.js';
export { AuditTrail, type AuditRecord } from './audit-trail.store.js';
export { BrokenTreeError, Checkpoints } from './checkpoints.service.js';
export { Signing } from './signing.service.js';
