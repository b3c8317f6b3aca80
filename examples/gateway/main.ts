import { httpTransport } from '../producer/reporter/http-transport.js';
import { Reporter } from '../producer/reporter/reporter.js';
import { Guard } from './guard/guard.js';
import { playRecoveryBoard } from './recovery-board.js';
import { createGateway } from './service.js';

const { KEYTRAIL_URL = 'http://127.0.0.1:8080', KEYTRAIL_TOKEN, PORT = '3001', NODE_NAME } = process.env;
if (process.argv.includes('--recovery-board')) {
  if (KEYTRAIL_TOKEN === undefined) throw new Error('Set KEYTRAIL_TOKEN to an access token of the role admin');
  await playRecoveryBoard({ url: KEYTRAIL_URL, token: KEYTRAIL_TOKEN, say: (text) => process.stdout.write(`${text}\n\n`) });
} else {
  if (KEYTRAIL_TOKEN === undefined) throw new Error('Set KEYTRAIL_TOKEN to an access token of the role gateway');
  const gateway = await createGateway({
    guard: new Guard({ url: KEYTRAIL_URL, token: KEYTRAIL_TOKEN }),
    reporter: new Reporter({ transport: httpTransport({ url: KEYTRAIL_URL, token: KEYTRAIL_TOKEN }), drop: 'drop-oldest' }),
    ...(NODE_NAME !== undefined && { node: NODE_NAME }),
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void gateway.close());
  process.stdout.write(`gateway is up at ${await gateway.listen({ port: Number(PORT), host: '127.0.0.1' })}\n`);
}
