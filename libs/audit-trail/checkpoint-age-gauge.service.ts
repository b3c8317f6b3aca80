import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Clock, Metrics } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { lastCheckpoint } from './checkpoint.store.js';

/** A scrape does not wait longer for a database that does not answer; the gauge is left out then. */
const LONGEST_MS = 2_000;

/** Shows at `/metrics` how old the latest checkpoint is: when it grows, nothing is signed any more. */
@Injectable()
export class CheckpointAgeGauge {
  constructor(database: Database, clock: Clock, metrics: Metrics) {
    const gauge = new Gauge({
      name: 'keytrail_audit_checkpoint_age_seconds', help: 'Seconds since the latest checkpoint of the audit trail was signed', registers: [metrics.registry],
      async collect() {
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<undefined>((resolve) => {
          timer = setTimeout(resolve, LONGEST_MS, undefined);
        });
        const last = await Promise.race([lastCheckpoint(database).catch(() => undefined), late]);
        clearTimeout(timer);
        gauge.remove();
        if (last !== undefined) gauge.set((clock.now() - Date.parse(last.body.at)) / 1_000);
      },
    });
  }
}
