import { httpTransport } from '../producer/reporter/http-transport.js';
import { Reporter } from '../producer/reporter/reporter.js';
import { Guard } from './guard/guard.js';
import { createGateway } from './service.js';

const { KEYTRAIL_URL = 'http://127.0.0.1:8080', KEYTRAIL_TOKEN, PORT = '3001' } = process.env;
if (KEYTRAIL_TOKEN === undefined) throw new Error('Set KEYTRAIL_TOKEN to an access token of the role gateway');

const gateway = await createGateway({
  guard: new Guard({ url: KEYTRAIL_URL, token: KEYTRAIL_TOKEN }),
  reporter: new Reporter({ transport: httpTransport({ url: KEYTRAIL_URL, token: KEYTRAIL_TOKEN }), drop: 'drop-oldest' }),
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void gateway.close());
process.stdout.write(`gateway is up at ${await gateway.listen({ port: Number(PORT), host: '127.0.0.1' })}\n`);
