// `npm run test:faults -- [--kills N] [--stores servers|embedded|both] [--seed S] [--json]`: hurts collectors at random moments and compares
// what is stored with what was produced. Exit 0: all agrees, and a control without deduplication was found out. 1: it does not agree.
// 2: it could not be run, so that nothing can be said. With --json the last line is the outcome, unless nothing was compared.
import { COULD_NOT_RUN, MISMATCH, verdictOf } from './fault-verdict.mjs';
import { readArguments, runCampaign } from './kill-campaign.mjs';

const STORES = { servers: ['servers'], embedded: ['embedded'], both: ['servers', 'embedded'] };

const asked = readArguments({
  stores: STORES, kills: '9', usualStores: 'servers',
  check({ seed }) {
    if (seed === '') throw new Error('--seed takes a text');
  },
});
const { status, parts } = runCampaign({ spec: 'test/faults/faults.spec.ts', prefix: 'KEYTRAIL_FAULT' }, asked);
const { code, outcome, reasons } = verdictOf(parts, { stores: STORES[asked.stores], finished: status === 0 });

process.stderr.write(`${code === MISMATCH ? 'mismatch' : code === COULD_NOT_RUN ? 'could not run' : 'all agrees'} (--seed ${asked.seed})\n${reasons.map((reason) => `${reason}\n`).join('')}`);
if (asked.json && outcome !== undefined) process.stdout.write(`${JSON.stringify(outcome)}\n`);
process.exit(code);
