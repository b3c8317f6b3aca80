import { Module } from '@nestjs/common';
import { AuditTrailController } from './audit-trail.controller.js';
import { AuditTrail } from './audit-trail.store.js';

@Module({ controllers: [AuditTrailController], providers: [AuditTrail], exports: [AuditTrail] })
export class AuditTrailModule {}
