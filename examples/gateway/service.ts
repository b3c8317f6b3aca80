import { randomUUID } from 'node:crypto';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { presentedKey, reportRequests } from '../producer/reporter/fastify.js';
import type { Reporter } from '../producer/reporter/reporter.js';
import { guardRoutes, introspectionOf, type Guard } from './guard/guard.js';

export interface GatewayParts {
  guard: Guard;
  reporter: Reporter;
  /** What this node is called in its reports, so that a revocation can be proven node by node. */
  node?: string;
}

/** A gateway with one route behind it, not listening yet. It reports every request, refused ones too, by the id of its key. */
export async function createGateway({ guard, reporter, node }: GatewayParts): Promise<FastifyInstance> {
  // `fastify(…)`, where Fastify is a dependency of its own.
  const server = new FastifyAdapter({ genReqId: () => randomUUID(), forceCloseConnections: 'idle' }).getInstance() as unknown as FastifyInstance;
  await server.register(reportRequests, {
    reporter, ignore: ({ url }) => url === '/gateway',
    describe(request) {
      const { key_id } = introspectionOf(request) ?? {};
      return { ...(node !== undefined && { gateway_node: node }), ...(key_id === undefined ? { key: presentedKey(request) } : { key_id }) };
    },
  });
  await server.register(async (guarded) => {
    guardRoutes(guarded, { guard });
    guarded.get('/orders/:id', (request) => ({ id: (request.params as { id: string }).id, key: introspectionOf(request)?.key_id }));
  });
  server.get('/gateway', () => ({ hears_revocations: guard.hearsRevocations, ...guard.counts, reports: reporter.stats() }));
  server.addHook('onClose', async () => {
    await Promise.all([guard.close(), reporter.close()]);
  });
  return server;
}
