export { LeaksModule } from './leaks.module.js';
export { LeakSettings, leakSettingsOf } from './leaks.settings.js';
