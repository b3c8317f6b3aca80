import { connect, type Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

/** Connections of a Kafka client that can be made deaf: then whatever is sent goes nowhere and no answer comes, as from a machine that froze. */
export interface DeafSockets {
  factory: ISocketFactory;
  /** From now on, for open connections and new ones. */
  deafen(): void;
  /** New connections work again; deaf ones stay deaf. */
  hear(): void;
  /** Ends all of them. */
  close(): void;
}

export function deafSockets(): DeafSockets {
  const sockets = new Set<Socket>();
  let isDeaf = false;
  const silence = (socket: Socket) => {
    socket.pause();
    socket.write = (() => true) as Socket['write'];
  };
  return {
    factory: ({ host, port, onConnect }) => {
      const socket = connect({ host, port }, onConnect);
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      if (isDeaf) silence(socket);
      return socket;
    },
    deafen() {
      isDeaf = true;
      for (const socket of sockets) silence(socket);
    },
    hear() {
      isDeaf = false;
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
