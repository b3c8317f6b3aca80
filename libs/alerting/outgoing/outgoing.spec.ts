import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { outcomeOf, outcomeOfError } from '../channels/channel.js';
import { AddressGuard, type Resolve } from './address-guard.js';
import { HttpOutlet } from './http-outlet.js';

const NOW = new Date();
const LOOPBACK = ['127.0.0.1'];

/** Names that resolve to one address after the other; the last stays. */
const resolving = (...addresses: string[]): Resolve => (_host, done) => {
  const address = addresses.length > 1 ? addresses.shift()! : addresses[0]!;
  done(null, [{ address, family: address.includes(':') ? 6 : 4 }]);
};

describe('which addresses may be reached', () => {
  const guard = new AddressGuard(['10.1.0.0/16', 'fd00:1::/32']);

  it('is the internet, and what settings allow', () => {
    for (const address of ['93.184.216.34', '2606:4700::1111', '10.1.2.3', 'fd00:1::5']) expect([address, guard.permits(address, { plain: false })]).toEqual([address, true]);
  });

  it('is nothing within networks, in whichever way it is written', () => {
    for (const address of [
      '127.0.0.1', '127.9.9.9', '0.0.0.0', '10.0.0.1', '10.2.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '224.0.0.1', '255.255.255.255', '192.0.2.1', '198.18.0.1',
      '::', '::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::127.0.0.1', 'fe80::1', 'fc00::1', 'fd00:2::1', 'ff02::1', '64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::', '2001:db8::1', 'localhost', '',
    ]) expect([address, guard.permits(address, { plain: false })]).toEqual([address, false]);
  });

  it('is without encryption only what settings allow', () => {
    expect(['93.184.216.34', '10.1.2.3'].map((address) => guard.permits(address, { plain: true }))).toEqual([false, true]);
  });

  it('is told of the address that is connected to, and none of the others a name has', async () => {
    const many = new AddressGuard([], (_host, done) => done(null, [{ address: '10.0.0.1', family: 4 }, { address: '93.184.216.34', family: 4 }]));
    expect(await many.addressOf('many.example', { plain: false })).toBe('93.184.216.34');
    await expect(guard.addressOf('169.254.169.254', { plain: false })).rejects.toMatchObject({ code: 'EBLOCKED' });
  });
});

describe('a post', () => {
  const opened: (() => Promise<unknown> | void)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
  });
  const listen = async (answer: RequestListener): Promise<{ url: string; server: Server; calls: string[] }> => {
    const calls: string[] = [];
    const server = createServer((request, response) => {
      calls.push(request.url ?? '');
      request.resume().on('end', () => answer(request, response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, calls };
  };
  const outletTo = (allowed: readonly string[] = LOOPBACK, resolve?: Resolve, timeoutMs = 500): HttpOutlet => {
    const outlet = new HttpOutlet(new AddressGuard(allowed, resolve), timeoutMs);
    opened.push(() => outlet.close());
    return outlet;
  };
  const tryPost = (outlet: HttpOutlet, url: string, body = '{}') => outlet.post(url, body, {}, NOW).then(outcomeOf, outcomeOfError);

  it('reaches no address of this machine or network, by number or by name, unless it is allowed', async () => {
    const { url, calls } = await listen((_request, response) => response.end());
    const { port } = new URL(url);
    for (const host of ['127.0.0.1', '[::1]', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', 'localhost']) {
      expect([host, await tryPost(outletTo([]), `http://${host}:${port}/`)]).toEqual([host, expect.objectContaining({ result: 'retry', failure: expect.stringContaining('may not reach') })]);
    }
    expect(calls).toEqual([]);
    expect(await tryPost(outletTo(), url)).toMatchObject({ result: 'delivered', status: 200 });
  });

  it('looks at the address each time it connects: a name that comes to lead here gains nothing', async () => {
    const { url, calls } = await listen((_request, response) => response.end());
    const target = `http://rebound.example:${new URL(url).port}/`;
    // Allowed for the first look, as if it had been of the internet.
    const guard = new AddressGuard(['127.0.0.1'], resolving('127.0.0.1', '127.0.0.2'));
    expect(await guard.addressOf('rebound.example', { plain: true })).toBe('127.0.0.1');
    const outlet = new HttpOutlet(guard, 500);
    opened.push(() => outlet.close());
    expect(await tryPost(outlet, target)).toMatchObject({ result: 'retry', failure: expect.stringContaining('may not reach') });
    expect(calls).toEqual([]);
  });

  it('follows no redirect', async () => {
    const inner = await listen((_request, response) => response.end());
    for (const status of [301, 302, 303, 307, 308]) {
      const { url } = await listen((_request, response) => response.writeHead(status, { location: inner.url }).end());
      expect(await tryPost(outletTo(), url)).toMatchObject({ result: 'retry', status, failure: expect.stringContaining('not followed') });
    }
    expect(inner.calls).toEqual([]);
  });

  it('gives up a receiver that takes the request and says nothing', async () => {
    const { url } = await listen(() => undefined);
    expect(await tryPost(outletTo(LOOPBACK, undefined, 100), url)).toEqual({ result: 'retry', failure: 'no answer within 100 ms' });
  });

  it('reads no more of an answer than it needs, though 10 MB come', async () => {
    let sent = 0;
    const { url } = await listen((_request, response) => {
      const part = Buffer.alloc(64 * 1024, 'x');
      response.writeHead(200);
      const more = () => {
        while (sent < 10 * 1024 * 1024 && !response.destroyed) {
          sent += part.length;
          if (!response.write(part)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    const answer = await outletTo().post(url, '{}', {}, NOW);
    expect(answer.status).toBe(200);
    expect(Buffer.byteLength(answer.text)).toBeLessThanOrEqual(16 * 1024);
  });

  it('is tried again when the receiver closes early, answers 429 or 500, and not when it answers 410', async () => {
    const closing = await listen((request) => request.socket.destroy());
    expect(await tryPost(outletTo(), closing.url)).toEqual({ result: 'retry', failure: 'no connection (ECONNRESET)' });
    const answers = await listen((request, response) => response.writeHead(Number(request.url!.slice(1)), { 'retry-after': '7' }).end('no'));
    expect(await tryPost(outletTo(), `${answers.url}/429`)).toMatchObject({ result: 'retry', status: 429, retryAfterMs: 7_000 });
    expect(await tryPost(outletTo(), `${answers.url}/500`)).toMatchObject({ result: 'retry', status: 500 });
    expect(await tryPost(outletTo(), `${answers.url}/410`)).toMatchObject({ result: 'gone', status: 410 });
  });

  it('takes a date for Retry-After, and nothing that makes no sense', async () => {
    const { url } = await listen((request, response) => response.writeHead(503, { 'retry-after': decodeURIComponent(request.url!.slice(1)) }).end());
    const asked = async (value: string) => (await outletTo().post(`${url}/${encodeURIComponent(value)}`, '{}', {}, new Date('2026-01-01T00:00:00Z'))).retryAfterMs;
    expect(await Promise.all(['Thu, 01 Jan 2026 00:01:00 GMT', 'Wed, 31 Dec 2025 00:00:00 GMT', 'soon', '-5'].map(asked))).toEqual([60_000, undefined, undefined, undefined]);
  });

  it('uses a connection again, and goes through when the other side has closed it meanwhile', async () => {
    let connections = 0;
    const { url, server } = await listen((_request, response) => response.end('ok'));
    server.on('connection', () => { connections += 1; });
    const outlet = outletTo();
    for (let call = 0; call < 3; call += 1) expect(await tryPost(outlet, url)).toMatchObject({ result: 'delivered' });
    expect(connections).toBe(1);
    server.closeIdleConnections();
    expect(await tryPost(outlet, url)).toMatchObject({ result: 'delivered' });
  });
});
