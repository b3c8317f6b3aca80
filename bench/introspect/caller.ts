import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pinned, type Served } from '../support/serve.js';
import { offer, type Load } from './load.js';
import { presentedKinds, type Presented, type PresentedKind } from './presented.js';

interface Order {
  server: Served;
  presented: Presented;
  kind: PresentedKind;
  perSecond: number;
  seconds: number;
}

/** The gateway's part, in a process of its own: what it takes to make calls and to measure them must not be measured. */
export interface GatewayProcess {
  offer(order: Order): Promise<Load>;
  stop(): Promise<void>;
}


/** Starts it on the core that Keytrail does not have. */
export async function startGateway(): Promise<GatewayProcess> {
  const [command, ...args] = pinned('other', [process.execPath, '--single-threaded-gc', '--enable-source-maps', process.argv[1]!, 'introspect', '--offer']);
  const child = spawn(command!, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  return {
    async offer(order) {
      child.send(order);
      const told = await Promise.race([once(child, 'message') as Promise<[Load]>, ended.then(() => undefined)]);
      if (told === undefined) throw new Error('the gateway of the bench ended');
      return told[0];
    },
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}

/** The child's part: makes calls until its parent lets go. */
export async function takeOrders(): Promise<void> {
  process.on('message', ({ server, presented, kind, perSecond, seconds }: Order) => {
    void offer(server, presented.gateway, perSecond, seconds, presentedKinds[kind](presented.keys, perSecond * seconds)).then((load) => process.send!(load));
  });
  await once(process, 'disconnect');
}
