// `npm run test:containment-crash -- [--kills N] [--stores embedded|postgres|both] [--seed S] [--json]`: kills a process at random moments
// while it contains keys, and looks for actions that are half done or that the audit trail does not tell of. Exit 0: none was found. 1: some
// were. 2: it could not be run, so that nothing can be said. `--kills` are those on each store. With --json the last line has the figures.
import { runCrashCampaign } from './kill-campaign.mjs';

runCrashCampaign({ spec: 'test/faults/containment-crash.spec.ts', words: ['nothing half done', 'halves were found', 'could not run'] });
