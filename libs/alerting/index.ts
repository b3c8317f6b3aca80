export { AlertingModule } from './alerting.module.js';
export { AlertingSettings, alertingSettingsOf } from './alerting.settings.js';
export { AlertsJob } from './alerts.job.js';
export { CHANNEL_FAILING } from './channel-health.service.js';
