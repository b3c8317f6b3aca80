import type { AlertChannelConfig } from '@keytrail/contracts';
import { alertmanager } from './alertmanager.js';
import { outcomeOfError, type ChannelSecrets, type OutgoingAlert, type Outlets, type SendOutcome } from './channel.js';
import { email } from './email.js';
import { kafka } from './kafka.js';
import { pagerduty } from './pagerduty.js';
import { slack } from './slack.js';
import { syslog } from './syslog.js';
import { webhook } from './webhook.js';

/** Sends a notification through a channel. Never rejects: what went wrong is the outcome. */
export async function sendThrough(config: AlertChannelConfig, alert: OutgoingAlert, secrets: ChannelSecrets, outlets: Outlets): Promise<SendOutcome> {
  try {
    switch (config.kind) {
      case 'webhook': return await webhook.send(alert, config, secrets, outlets);
      case 'slack': return await slack.send(alert, config, secrets, outlets);
      case 'pagerduty': return await pagerduty.send(alert, config, secrets, outlets);
      case 'email': return await email.send(alert, config, secrets, outlets);
      case 'alertmanager': return await alertmanager.send(alert, config, secrets, outlets);
      case 'kafka': return await kafka.send(alert, config, secrets, outlets);
      case 'syslog': return await syslog.send(alert, config, secrets, outlets);
    }
  } catch (error) {
    return outcomeOfError(error);
  }
}
