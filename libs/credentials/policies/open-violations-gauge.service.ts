import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { PolicySeverity } from '@keytrail/contracts';
import { Metrics } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { policies } from './catalogue.js';
import { countOpen } from './violation.store.js';

/** A scrape does not wait longer for a database that does not answer; the gauge is left out then. */
const LONGEST_MS = 2_000;

/** Shows open violations at `/metrics`, as kept in Postgres. Every process that checks shows the same. */
@Injectable()
export class OpenViolationsGauge {
  constructor(database: Database, metrics: Metrics) {
    const gauge = new Gauge({
      name: 'keytrail_policy_violations_open', labelNames: ['policy', 'severity'], registers: [metrics.registry],
      help: 'Keys that violate a policy, as the latest check found them',
      async collect() {
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<undefined>((resolve) => {
          timer = setTimeout(resolve, LONGEST_MS, undefined);
        });
        const found = await Promise.race([countOpen(database, null).catch(() => undefined), late]);
        clearTimeout(timer);
        gauge.reset();
        if (found === undefined) return;
        for (const { id } of policies) for (const severity of PolicySeverity.options) gauge.set({ policy: id, severity }, 0);
        for (const { policy, severity, violations } of found) gauge.set({ policy, severity }, violations);
      },
    });
  }
}
