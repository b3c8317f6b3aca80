import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Metrics } from '@keytrail/platform';
import { IntakeCountStore } from './intake-count.store.js';

/** A scrape does not wait longer for a database that does not answer; the gauge is left out then. */
const LONGEST_MS = 2_000;

/** Shows the kept accounts at `/metrics`: the counters of a process begin anew when it does, these do not. Every process shows the same. */
@Injectable()
export class IntakeAccountsGauge {
  constructor(counts: IntakeCountStore, metrics: Metrics) {
    const gauge = new Gauge({
      name: 'keytrail_intake_accounts', labelNames: ['source', 'state'], registers: [metrics.registry],
      help: 'Request logs by source since the beginning, as kept in Postgres: received = stored + dead_lettered',
      async collect() {
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<undefined>((resolve) => {
          timer = setTimeout(resolve, LONGEST_MS, undefined);
        });
        const found = await Promise.race([counts.bySource().catch(() => undefined), late]);
        clearTimeout(timer);
        gauge.reset();
        for (const { source, ...states } of found ?? []) for (const [state, value] of Object.entries(states)) gauge.set({ source, state }, value);
      },
    });
  }
}
