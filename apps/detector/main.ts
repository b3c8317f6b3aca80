import 'reflect-metadata';
import { DetectionLimits } from '@keytrail/detection';
import { AppLogger, JobSchedule, runProcess } from '@keytrail/platform';
import { startOnServers } from '@keytrail/startup';
import { DetectorModule } from './detector.module.js';
import { DetectorSettings } from './settings.js';

await runProcess({
  schema: DetectorSettings,
  env: process.env,
  argv: process.argv.slice(2),
  start: (settings) => startOnServers(settings, {
    logger: new AppLogger({ json: !process.stdout.isTTY }), schedule: JobSchedule.withPoliciesEvery(settings.KEYTRAIL_POLICY_CHECK_EVERY_S * 1_000),
    compose: (foundation) => DetectorModule.forRoot(foundation, settings.KEYTRAIL_RULES_DIR, new DetectionLimits(settings.KEYTRAIL_DETECTION_KEYS, settings.KEYTRAIL_FORGET_KEYS_AFTER_DAYS)),
  }),
});
