// `npm run test:delivery-crash -- [--kills N] [--stores embedded|postgres|both] [--seed S] [--json]`: kills a process at random moments
// while it tells a webhook of incidents, and compares what arrived with what was to be told. Exit 0: all of it did, in order and under one id each.
// 1: not all. 2: it could not be run, so that nothing can be said. `--kills` are those on each store. With --json the last line has the figures.
import { runCrashCampaign } from './kill-campaign.mjs';

runCrashCampaign({ spec: 'test/faults/delivery-crash.spec.ts', words: ['all was told once', 'something was lost, doubled or out of order', 'could not run'] });
