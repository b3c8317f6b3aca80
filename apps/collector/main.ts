import 'reflect-metadata';
import { AppLogger, runProcess } from '@keytrail/platform';
import { CountryLookup, connectKafka, openCountryLookup } from '@keytrail/request-logs';
import { startOnServers } from '@keytrail/startup';
import { CollectorModule } from './collector.module.js';
import { CollectorSettings } from './settings.js';

await runProcess({
  schema: CollectorSettings,
  env: process.env,
  argv: process.argv.slice(2),
  start: (settings) => startOnServers(settings, {
    logger: new AppLogger({ json: !process.stdout.isTTY }),
    async compose(foundation) {
      const countries = new CountryLookup(await openCountryLookup(settings.KEYTRAIL_GEOIP_FILE));
      return CollectorModule.forRoot({ foundation, countries, kafka: connectKafka(settings) });
    },
  }),
});
