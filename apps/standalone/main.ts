import 'reflect-metadata';
import { join } from 'node:path';
import { AppLogger, runProcess } from '@keytrail/platform';
import manifest from '../../package.json' with { type: 'json' };
import { banner } from './banner.js';
import { StandaloneSettings } from './settings.js';
import { startStandalone } from './start.js';
import { playDemo } from './play-demo.js';

await runProcess({
  schema: StandaloneSettings,
  env: process.env,
  argv: process.argv.slice(2),
  flags: ['--demo'],
  async start(settings) {
    const logger = new AppLogger({ json: !process.stdout.isTTY, quiet: process.stdout.isTTY });
    const standalone = await startStandalone(settings, { logger, version: manifest.version, dashboard: join(import.meta.dirname, '../dashboard') });
    const embedded = [settings.KEYTRAIL_CLICKHOUSE_URL === undefined ? 'chDB' : '', settings.KEYTRAIL_POSTGRES_URL === undefined ? 'PGlite' : '']
      .filter((name) => name !== '');
    process.stdout.write(banner({
      url: standalone.url, newAdminToken: standalone.newAdminToken, adminTokenFromEnvironment: settings.KEYTRAIL_ADMIN_TOKEN !== undefined,
      dataDir: settings.KEYTRAIL_DATA_DIR, stores: embedded.length === 0 ? 'servers' : `${embedded.join(' and ')} in ${settings.KEYTRAIL_DATA_DIR}`,
      kafkaTopics: settings.KEYTRAIL_KAFKA_BROKERS === undefined ? [] : settings.KEYTRAIL_KAFKA_TOPICS,
    }));
    const demo = process.argv.includes('--demo') ? playDemo(standalone) : undefined;
    return {
      async stop() {
        await demo?.stop();
        await standalone.stop();
      },
    };
  },
});
