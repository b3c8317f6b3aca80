import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors.js';

/** Routes whose body is handed on as bytes, whatever its content type. */
const RAW_BODY_ROUTES = new Set(['/v1/request-logs', '/v1/leaks/github']);
const MIB = 1024 * 1024;
const JSON_BODY_MIB = 1;
/** Routes whose JSON may be larger, in MiB: they take whole files. */
const LARGER_JSON = new Map([['/v1/owners/import', 4]]);

/** Largest body any route takes, compressed or not. */
export const BODY_LIMIT = 16 * MIB;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** JSON for every route but those that read raw bytes; anything else is refused before it is parsed. */
export function registerContentParsers(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (request, body, done) => {
    try {
      done(null, parseBody(request, body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
}

function parseBody(request: FastifyRequest, body: Buffer): unknown {
  if (RAW_BODY_ROUTES.has(request.routeOptions.url ?? '')) return body;
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(type) || request.headers['content-encoding'] !== undefined) {
    throw new AppError({ code: 'unsupported_media_type', status: 415, message: 'This route takes application/json, not compressed.' });
  }
  const mostMib = LARGER_JSON.get(request.routeOptions.url ?? '') ?? JSON_BODY_MIB;
  if (body.length > mostMib * MIB) {
    throw new AppError({ code: 'body_too_large', status: 413, message: `The body is larger than ${mostMib} MiB.` });
  }
  return body.length === 0 ? undefined : parseJson(body);
}

/** The value of a JSON body. Throws 400 `invalid_json`. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body), cleanValue);
  } catch {
    throw new AppError({ code: 'invalid_json', status: 400, message: 'The body is not valid JSON in UTF-8.' });
  }
}

/** Half a character (RFC 7493 forbids it) could not be stored; `__proto__` is nobody's field. */
function cleanValue(key: string, value: unknown): unknown {
  if (typeof value === 'string' && !value.isWellFormed()) throw new SyntaxError('half a character');
  return key === '__proto__' ? undefined : value;
}
