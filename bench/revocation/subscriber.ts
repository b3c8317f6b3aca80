import { get, type ClientRequest } from 'node:http';

/** Listens to the stream and notes when it heard of each key's revocation. By `performance.now()`. */
export interface Subscriber {
  heard: Map<string, number>;
  close(): void;
}

/** Resolves when the stream is current. */
export function subscribe(url: string, token: string): Promise<Subscriber> {
  return new Promise((resolve, reject) => {
    const heard = new Map<string, number>();
    const request: ClientRequest = get(`${url}/v1/revocations`, { agent: false, headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' } }, (answer) => {
      if (answer.statusCode !== 200) {
        reject(new Error(`the stream answered ${answer.statusCode}`));
        return;
      }
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) {
          if (event.startsWith('event: current')) resolve({ heard, close: () => request.destroy() });
          const data = /^event: key\n[\s\S]*^data: (.*)$/m.exec(event)?.[1];
          if (data === undefined) continue;
          const { type, key_id } = JSON.parse(data) as { type: string; key_id: string };
          if (type === 'revoked') heard.set(key_id, performance.now());
        }
      }).on('error', () => undefined);
    });
    request.on('error', reject);
  });
}
