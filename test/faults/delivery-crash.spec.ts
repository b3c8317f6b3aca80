import { expect } from '@jest/globals';
import { describeCrashes } from './crash-suite.js';
import { crashDeliveries } from './delivery-crash.js';

describeCrashes({
  name: 'delivery crash', while: 'sends alerts', guarantee: 'tells every change of an incident, in order, each under one id',
  kills: '4', limitMs: 240_000, crash: crashDeliveries,
  progress: ({ kills, in_mid_delivery }) => ({ done: kills, found: `${in_mid_delivery} in the middle of a delivery` }),
  check: ({ notifications }) => expect(notifications).toBeGreaterThan(0),
});
