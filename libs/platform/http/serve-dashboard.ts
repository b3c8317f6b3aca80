import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fastifyStatic } from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE, problemOf, refusalOf } from './problem.js';

/** Stands in the built page where the nonce of each answer goes. */
const NONCE = '__CSP_NONCE__';
/** What is the API's, whether there is such a route or not: never answered with a page. */
const NOT_PAGES = /^\/(?:v1|docs|health|assets)(?:\/|$)|^\/(?:metrics|openapi\.json)$/;

/**
 * The page runs scripts of this server and nothing else, and talks to this server only. Styles are files, but for those that the component library makes
 * while it runs (breakpoints, scroll locks): they carry the nonce of the answer. What markup is made of never comes from text: no script may set it.
 */
const policyFor = (nonce: string): string => [
  "default-src 'none'", "script-src 'self'", `style-src 'self' 'nonce-${nonce}'`, "img-src 'self' data:", "font-src 'self'", "connect-src 'self'", "manifest-src 'self'",
  "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
].join('; ');

/** Serves the dashboard: hashed files for good, its page at every other address that a person may open. */
export async function serveDashboard(server: FastifyInstance, directory: string): Promise<void> {
  const page = await readFile(join(directory, 'index.html'), 'utf8');
  await server.register(async (files) => {
    // After the hook that gives every answer its headers.
    files.addHook('onSend', (_request, reply, _payload, done) => {
      if (reply.statusCode === 200 || reply.statusCode === 304) void reply.header('cache-control', 'public, max-age=31536000, immutable');
      done();
    });
    await files.register(fastifyStatic, { root: join(directory, 'assets'), prefix: '/assets/', decorateReply: false, index: false, preCompressed: true, cacheControl: false });
  });
  await server.register((pages, _options, done) => {
    pages.addHook('onSend', (_request, reply, _payload, sent) => {
      if (reply.statusCode === 200) void reply.header('content-security-policy', policyFor(nonces.get(reply) ?? ''));
      sent();
    });
    pages.get('/*', (request, reply) => (isForPage(request) ? sendPage(reply, page) : refuse(request, reply)));
    done();
  });
}

const nonces = new WeakMap<FastifyReply, string>();

const isForPage = ({ url, headers }: FastifyRequest): boolean =>
  !NOT_PAGES.test(url.split('?', 1)[0] ?? '') && /(?:^|,)\s*(?:text\/html|\*\/\*)\s*(?:;|,|$)/i.test(headers.accept ?? '');

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  nonces.set(reply, nonce);
  return reply.type('text/html; charset=utf-8').send(page.replaceAll(NONCE, nonce));
}

function refuse(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.status(404).type(PROBLEM_TYPE).send(JSON.stringify(problemOf(refusalOf(404), String(request.id))));
}
