import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { AddressGuard } from '../outgoing/address-guard.js';
import { alertWith, changeOf, eventWith } from '../testing.js';
import type { Outlets } from './channel.js';
import { cefLine, syslog, syslogMessage } from './syslog.js';

const outlets = (allowed: readonly string[] = ['127.0.0.1'], timeoutMs = 1_000) => ({ guard: new AddressGuard(allowed), timeoutMs }) as unknown as Outlets;
const config = (port: number, transport: 'tcp' | 'udp' | 'tls') => ({ kind: 'syslog' as const, host: '127.0.0.1', port, transport, format: 'cef' as const });

/** Reads a CEF line as receivers do: fields end at a bar that no backslash stands before. */
const fieldsOf = (line: string) => line.split(/(?<!(?<!\\)(?:\\\\)*\\)\|/);

describe('a syslog message', () => {
  it('has a header of RFC 5424 and a CEF line', () => {
    const message = syslogMessage(alertWith(), 'cef');
    expect(message).toMatch(/^<107>1 2026-03-04T12:00:00\.000Z - keytrail - incident\.opened - CEF:0\|Keytrail\|Keytrail\|1\|incident\.opened\|\[High\] Burst of denied calls: payments-production\|8\|externalId=inc_1 /);
    expect(syslogMessage(alertWith({ state: 'resolved' }, [changeOf('state')]), 'json')).toMatch(/^<110>1 .* - \{"type":"incident.state_changed"/);
  });

  it('stays one line of as many fields, whatever stands in what it tells of', () => {
    const hostile = 'a|b\\|c\r\n<0>1 - - forged - - CEF:0|x\u2028act=resolved\\=y';
    const line = cefLine(eventWith({ title: hostile, key_ids: [hostile], owner: { owner_id: null, name: hostile, contact: null }, workspace_id: hostile }), 'dlv_1');
    expect(line).not.toMatch(/[\r\n\u2028]/);
    const [version, , , , type, name, severity, begin] = fieldsOf(line);
    expect([version, type, severity, begin?.startsWith('externalId=')]).toEqual(['CEF:0', 'incident.opened', '8', true]);
    expect(name).toContain('a\\|b\\\\\\|c <0>1');
    const extension = line.slice(line.indexOf('externalId='));
    expect(extension.match(/(?<!\\)\bact=/g)).toHaveLength(1);
    expect(extension).toContain('act\\=resolved');
  });

  it('goes over TCP with its length before it', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const got = once(server, 'connection').then(async ([socket]: Socket[]) => {
      let text = '';
      socket!.setEncoding('utf8').on('data', (part: string) => { text += part; });
      await once(socket!, 'end');
      return text;
    });
    expect(await syslog.send(alertWith(), config((server.address() as AddressInfo).port, 'tcp'), new Map(), outlets())).toEqual({ result: 'delivered' });
    const [, length, message] = /^(\d+) (.*)$/s.exec(await got)!;
    expect(Number(length)).toBe(Buffer.byteLength(message!));
    server.close();
  });

  it('goes over UDP in one datagram', async () => {
    const socket = createSocket('udp4');
    await once(socket.bind(0, '127.0.0.1'), 'listening');
    const got = once(socket, 'message');
    expect(await syslog.send(alertWith(), config(socket.address().port, 'udp'), new Map(), outlets())).toEqual({ result: 'delivered' });
    expect(String((await got)[0])).toContain('CEF:0|Keytrail');
    socket.close();
  });

  it('goes nowhere that it may not, and does not wait for a server that says nothing', async () => {
    await expect(syslog.send(alertWith(), config(514, 'udp'), new Map(), outlets([]))).rejects.toMatchObject({ code: 'EBLOCKED' });
    const silent = createServer(() => undefined);
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    await expect(syslog.send(alertWith(), config((silent.address() as AddressInfo).port, 'tls'), new Map(), outlets(['127.0.0.1'], 100))).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    silent.close();
  });
});
