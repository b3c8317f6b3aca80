import { Module } from '@nestjs/common';
import { AuditTrailController } from './audit-trail.controller.js';
import { AuditTrail } from './audit-trail.store.js';

/** The record, without its HTTP edge: for whatever writes entries. */
@Module({ providers: [AuditTrail], exports: [AuditTrail] })
export class AuditTrailModule {}

@Module({ imports: [AuditTrailModule], controllers: [AuditTrailController] })
export class AuditTrailHttpModule {}
