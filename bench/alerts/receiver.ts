import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AlertEvent } from '@keytrail/contracts';

export interface Receiver {
  url: string;
  /** When the incident of each key was opened and when it was first told of, epoch milliseconds. */
  heard: Map<string, { opened: number; at: number }>;
  /** Notifications of each workspace, and the incidents they are about. */
  told: Map<string, { notifications: Set<string>; incidents: Set<string> }>;
  stop(): Promise<void>;
}

/** A receiver of webhooks that answers at once. */
export async function startReceiver(): Promise<Receiver> {
  const heard: Receiver['heard'] = new Map();
  const told: Receiver['told'] = new Map();
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => { text += part; }).on('end', () => {
      const now = Date.now();
      response.writeHead(204).end();
      const { data: { incident } } = JSON.parse(text) as AlertEvent;
      for (const key of incident.key_ids) if (!heard.has(key)) heard.set(key, { opened: Date.parse(incident.opened_at), at: now });
      const of = told.get(incident.workspace_id) ?? { notifications: new Set(), incidents: new Set() };
      of.notifications.add(String(request.headers['webhook-id']));
      of.incidents.add(incident.incident_id);
      told.set(incident.workspace_id, of);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, heard, told,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
