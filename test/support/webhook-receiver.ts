import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { AlertEvent } from '@keytrail/contracts';

export interface Received<T = AlertEvent> {
  /** The `webhook-id`. */
  id: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** As it came, byte by byte. */
  text: string;
  body: T;
  at: number;
}

type Answer = (response: ServerResponse, request: IncomingMessage, received: Received) => void;

/** A receiver of webhooks on a loopback port, as one would write it with the library's own verifier. */
export interface WebhookReceiver {
  url: string;
  /** Everything whose signature was good, or all when there is no secret. */
  received: Received[];
  /** What did not verify. */
  refused: string[];
  /** Secrets one of which must have signed; none: signatures are not asked for. */
  secrets: string[];
  /** How it answers from now on; 204 at first. */
  answer: Answer;
  stop(): Promise<void>;
}

export const answerWith = (status: number, headers: Record<string, string> = {}, body = ''): Answer => (response) => {
  response.writeHead(status, headers).end(body);
};

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const receiver: WebhookReceiver = { url: '', received: [], refused: [], secrets: [], answer: answerWith(204), stop: async () => undefined };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      const text = Buffer.concat(parts).toString('utf8');
      const headers = request.headers as Record<string, string>;
      if (receiver.secrets.length > 0 && !receiver.secrets.some((secret) => verifies(secret, text, headers))) {
        receiver.refused.push(text);
        response.writeHead(401).end();
        return;
      }
      const received = { id: headers['webhook-id'] ?? '', path: request.url ?? '', headers: request.headers, text, body: JSON.parse(text) as AlertEvent, at: Date.now() };
      receiver.received.push(received);
      receiver.answer(response, request, received);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  receiver.stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return receiver;
}

function verifies(secret: string, text: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(text, headers);
    return true;
  } catch {
    return false;
  }
}
