import { detectionFinding } from '@keytrail/incidents';
import type { Channel, OutgoingAlert } from './channel.js';
import { headline } from './words.js';

/** `metadata.uid` is the delivery: the same however often it is sent. */
export function findingOf({ event, delivery_id, now }: OutgoingAlert): object {
  const { incident, what_happened, what_to_do, url, changes } = event.data;
  return detectionFinding({
    uid: delivery_id, incident, isNew: event.type === 'incident.opened', at: new Date(event.timestamp), now, message: headline(event), what_happened: what_happened.map(({ text }) => text), what_to_do, url,
    unmapped: { type: event.type, changes },
  });
}

/** A Kafka topic; the key is the incident, so that what is told of one stays in order. */
export const kafka: Channel<'kafka'> = {
  async send(alert, { topic }, _secrets, outlets) {
    if (outlets.kafka === undefined) return { result: 'retry', failure: 'no brokers are set here: KEYTRAIL_KAFKA_BROKERS' };
    try {
      await outlets.kafka(topic, { key: alert.event.data.incident.incident_id, value: JSON.stringify(findingOf(alert)) });
      return { result: 'delivered' };
    } catch {
      return { result: 'retry', failure: 'the brokers did not take it' };
    }
  },
};
