import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.js';
import { answerHeaders } from './answer-headers.js';
import { PROBLEM_TYPE, problemOf, refusalOf, titleOf } from './problem.js';

const CONTROL = /[\u0000-\u001f\u007f]/;

/** Answers an address that the router cannot take apart: it never reaches a route, and so no exception filter. */
export function refuseAddress(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalOf(error.statusCode === 414 ? 414 : 400);
  const requestId = String(request.id);
  void reply.status(refusal.status).headers(answerHeaders(requestId)).type(PROBLEM_TYPE).send(JSON.stringify(problemOf(refusal, requestId)));
}

/** Answers bytes that are no HTTP request. There is no request yet: the answer is written to the socket. */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, body } = connectionProblem(error.code);
  socket.end(`HTTP/1.1 ${status} ${titleOf(status)}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}

function connectionProblem(code: string | undefined): { status: number; body: string } {
  const status = code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  return { status, body: JSON.stringify(problemOf(refusalOf(status), undefined)) };
}

/** No id holds a control character; the stores would fail on NUL. */
export function refuseControlCharacters(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const parts = Object.values((request.params ?? {}) as Record<string, string>);
    done(parts.some((part) => CONTROL.test(part))
      ? new AppError({ code: 'invalid_request', status: 400, message: 'The address contains a control character.' }) : undefined);
  });
}
