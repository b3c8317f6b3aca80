import 'reflect-metadata';
import { join } from 'node:path';
import { alertingSettingsOf } from '@keytrail/alerting';
import { leakSettingsOf } from '@keytrail/leaks';
import { AppLogger, addedKeysOf, keyPlatformOf, ownerFileOf, runProcess, oidcOf } from '@keytrail/platform';
import { CountryLookup, openCountryLookup } from '@keytrail/request-logs';
import { newAdminTokenNotice, startOnServers } from '@keytrail/startup';
import manifest from '../../package.json' with { type: 'json' };
import { ApiModule } from './api.module.js';
import { ApiSettings } from './settings.js';

await runProcess({
  schema: ApiSettings,
  env: process.env,
  argv: process.argv.slice(2),
  async start(settings) {
    const api = await startOnServers(settings, {
      logger: new AppLogger({ json: !process.stdout.isTTY }),
      openapi: { title: 'Keytrail', version: manifest.version },
      dashboard: join(import.meta.dirname, '../dashboard'),
      addedKeys: addedKeysOf(settings),
      oidc: oidcOf(settings),
      administrator: { token: settings.KEYTRAIL_ADMIN_TOKEN },
      async compose(foundation) {
        const countries = new CountryLookup(await openCountryLookup(settings.KEYTRAIL_GEOIP_FILE));
        const { KEYTRAIL_KAFKA_BROKERS: brokers, KEYTRAIL_KAFKA_KEY_EVENTS_TOPIC: keyEventsTopic } = settings;
        return ApiModule.forRoot({ foundation, countries, leaks: leakSettingsOf(settings), alerting: alertingSettingsOf(settings), kafka: brokers && { brokers, keyEventsTopic }, keyPlatform: keyPlatformOf(settings), ownerFile: ownerFileOf(settings), rulesDir: settings.KEYTRAIL_RULES_DIR });
      },
    });
    if (api.newAdminToken !== undefined) process.stdout.write(`${newAdminTokenNotice(api.newAdminToken).join('\n')}\n`);
    return api;
  },
});
