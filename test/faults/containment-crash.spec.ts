import { crashContainments } from './containment-crash.js';
import { describeCrashes } from './crash-suite.js';

describeCrashes({
  name: 'containment crash', while: 'contains keys', guarantee: 'leaves nothing half done and nothing that nobody wrote down',
  kills: '3', limitMs: 120_000, crash: crashContainments,
  // It tells before it counts a kill.
  progress: ({ kills, violations }) => ({ done: kills + 1, found: `${violations.length} halves` }),
});
