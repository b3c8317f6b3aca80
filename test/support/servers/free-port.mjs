import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Distinct loopback ports that were free a moment ago. All are held until the last is known, so none comes twice.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }));
  const ports = servers.map((server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map(async (server) => { server.close(); await once(server, 'close'); }));
  return ports;
}
