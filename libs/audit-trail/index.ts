export { AuditTrailHttpModule, AuditTrailModule } from './audit-trail.module.js';
export { AuditTrail, type AuditRecord } from './audit-trail.store.js';
