import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { kafkaTransport } from './kafka-transport.js';
import { Reporter } from './reporter.js';

/** A port of this machine that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

it('a broker that is not there costs no request and holds up no shutdown; what it did not take is counted', async () => {
  const kafka = new Kafka({ brokers: [`127.0.0.1:${await closedPort()}`], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const reporter = new Reporter({ transport: kafkaTransport({ kafka, topic: 'requests' }), drop: 'drop-newest', log: () => undefined, retry: { firstMs: 1 } });
  for (let index = 0; index < 5; index += 1) reporter.report({ time: 1, request_id: `r${index}`, method: 'GET', path: '/', status: 200 });
  expect(await reporter.close(200)).toMatchObject({ reported: 5, stored: 0, unsent: 5, waiting: 0, sending: 0 });
});
