import { get, type IncomingMessage } from 'node:http';
import type { TestApp } from './app.js';

export interface Told<T> {
  event: string;
  id: string;
  data: T;
}

/** What a stream of events told. */
export interface ListenedStream<T> {
  told: Told<T>[];
  /** It said that all is told. */
  current(): boolean;
  ended(): boolean;
  answer: IncomingMessage;
  close(): void;
}

/** Listens to a `text/event-stream`, from after `lastEventId` if there is one. */
export function listenTo<T>(app: TestApp, token: string, path: string, lastEventId?: string): Promise<ListenedStream<T>> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
    const request = get(`${app.url}${path}`, { agent: false, headers }, (answer) => {
      const told: Told<T>[] = [];
      let text = '';
      let ended = false;
      answer.setEncoding('utf8').on('data', (part: string) => {
        const blocks = (text + part).split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const { event = '', id = '', data = '' } = Object.fromEntries(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
          told.push({ event, id, data: JSON.parse(data) as T });
        }
      }).on('error', () => undefined).on('close', () => {
        ended = true;
      });
      resolve({ told, current: () => told.some(({ event }) => event === 'current'), ended: () => ended, answer, close: () => request.destroy() });
    });
    request.on('error', reject);
  });
}
