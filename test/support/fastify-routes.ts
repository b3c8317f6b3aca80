import { subscribe, unsubscribe } from 'node:diagnostics_channel';

export interface FastifyRoute {
  method: string;
  url: string;
}

interface RouteOptions {
  method: string | string[];
  url: string;
}

interface Initialization {
  fastify: { addHook(name: 'onRoute', hook: (route: RouteOptions) => void): void };
}

/**
 * Every route that Fastify itself is given while `start` runs, whoever registers it: controllers, plugins, static files. Read from
 * Fastify's own hook, so that nothing which answers can be missing from the list.
 */
export async function watchRoutes<T>(start: () => Promise<T>): Promise<{ started: T; routes: FastifyRoute[] }> {
  const routes: FastifyRoute[] = [];
  const onInitialization = (message: unknown) => {
    (message as Initialization).fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) routes.push({ method: one, url });
    });
  };
  subscribe('fastify.initialization', onInitialization);
  try {
    return { started: await start(), routes };
  } finally {
    unsubscribe('fastify.initialization', onInitialization);
  }
}
