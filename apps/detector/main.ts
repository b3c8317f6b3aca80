import 'reflect-metadata';
import { AppLogger, runProcess } from '@keytrail/platform';
import { startOnServers } from '@keytrail/startup';
import { DetectorModule } from './detector.module.js';
import { DetectorSettings } from './settings.js';

await runProcess({
  schema: DetectorSettings,
  env: process.env,
  argv: process.argv.slice(2),
  start: (settings) => startOnServers(settings, {
    logger: new AppLogger({ json: !process.stdout.isTTY }), compose: (foundation) => DetectorModule.forRoot(foundation),
  }),
});
