import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands between a client and a server on loopback, and can be cut: then the server is gone for whoever goes through it. */
export interface CutProxy {
  port: number;
  /** Ends every connection and refuses new ones. */
  cut(): void;
  restore(): void;
  /** Calls `act` once, at the next answer to a request whose first bytes match, before the client has the answer. */
  atAnswerTo(request: RegExp, act: () => void): void;
  close(): Promise<void>;
}

export async function startCutProxy(target: { host: string; port: number }): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let awaited: { request: RegExp; act: () => void } | undefined;
  const keep = (socket: Socket, peer: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => {
      sockets.delete(socket);
      peer.destroy();
    });
  };
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(target.port, target.host);
    keep(client, upstream);
    keep(upstream, client);
    let request = '';
    client.on('data', (bytes: Buffer) => {
      if (/^[A-Z]+ \//.test(bytes.toString('latin1', 0, 16))) request = bytes.toString('latin1', 0, 4096);
    });
    upstream.on('data', () => {
      if (awaited === undefined || !awaited.request.test(request)) return;
      const { act } = awaited;
      awaited = undefined;
      act();
    });
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    restore() {
      isCut = false;
    },
    atAnswerTo(request, act) {
      awaited = { request, act };
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
