import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { AddressGuard } from '../outgoing/address-guard.js';
import { alertWith } from '../testing.js';
import type { Outlets } from './channel.js';
import { email } from './email.js';

interface Mail { from: string; to: string[]; raw: string }
const outlets = (allowed = ['127.0.0.1'], timeoutMs = 1_000) => ({ guard: new AddressGuard(allowed), timeoutMs }) as unknown as Outlets;

describe('a mail', () => {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });
  const startSmtp = async (options: SMTPServerOptions = {}) => {
    const mails: Mail[] = [];
    const server = new SMTPServer({
      authOptional: true, disabledCommands: ['STARTTLS'], logger: false,
      onData: (stream, session, done) => {
        void text(stream).then((raw) => {
          mails.push({ from: session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address, to: session.envelope.rcptTo.map(({ address }) => address), raw });
          done();
        });
      }, ...options,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close(() => undefined));
    return { mails, port: (server.server.address() as AddressInfo).port };
  };
  const config = (port: number, fields: object = {}) => ({ kind: 'email' as const, host: '127.0.0.1', port, tls: 'none' as const, from: 'keytrail@corp.example', to: ['oncall@corp.example'], ...fields });
  const headersOf = (raw: string) => raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ').split('\r\n');

  it('arrives with a subject, an id that stays the same, and what to do', async () => {
    const { mails, port } = await startSmtp();
    for (let time = 0; time < 2; time += 1) expect(await email.send(alertWith(), config(port), new Map(), outlets())).toEqual({ result: 'delivered' });
    const [first, second] = mails;
    expect(first).toMatchObject({ from: 'keytrail@corp.example', to: ['oncall@corp.example'] });
    expect(headersOf(first!.raw)).toEqual(expect.arrayContaining(['Subject: [High] Burst of denied calls: payments-production', 'Message-ID: <dlv_1@corp.example>', 'References: <inc_1@corp.example>', 'Auto-Submitted: auto-generated']));
    expect(headersOf(second!.raw)).toContain('Message-ID: <dlv_1@corp.example>');
    expect(first!.raw).toContain('revoke-and-replace');
    expect(first!.raw).not.toMatch(/text\/html/);
  });

  it('gets no header and no recipient from what others wrote', async () => {
    const { mails, port } = await startSmtp();
    const hostile = 'x\r\nBcc: thief@evil.example\r\nX-Evil: yes\n\n.\r\nMAIL FROM:<a@b>\u2028Bcc: other@evil.example';
    const alert = alertWith({ title: hostile, key_ids: [hostile], workspace_id: hostile, owner: { owner_id: null, name: hostile, contact: hostile } });
    expect(await email.send(alert, config(port), new Map(), outlets())).toEqual({ result: 'delivered' });
    expect(mails).toMatchObject([{ to: ['oncall@corp.example'] }]);
    const names = headersOf(mails[0]!.raw).map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
    expect(names.filter((name) => ['bcc', 'cc', 'x-evil'].includes(name))).toEqual([]);
    expect(names.filter((name) => name === 'subject')).toHaveLength(1);
  });

  it('signs in where it is told to', async () => {
    const seen: unknown[] = [];
    const { port } = await startSmtp({ authOptional: false, allowInsecureAuth: true, disabledCommands: ['STARTTLS'], onAuth: ({ username, password }, _session, done) => {
      seen.push([username, password]);
      done(null, { user: username });
    } });
    expect(await email.send(alertWith(), config(port, { user: 'keytrail' }), new Map([['password', 'p w']]), outlets())).toEqual({ result: 'delivered' });
    expect(seen).toEqual([['keytrail', 'p w']]);
  });

  it('is given up when nobody is there to get it, and tried again when the server is busy', async () => {
    const refusing = (responseCode: number): SMTPServerOptions => ({ onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no'), { responseCode })) });
    expect(await email.send(alertWith(), config((await startSmtp(refusing(550))).port), new Map(), outlets())).toMatchObject({ result: 'refused' });
    expect(await email.send(alertWith(), config((await startSmtp(refusing(451))).port), new Map(), outlets())).toMatchObject({ result: 'retry', failure: 'the mail server answered 451' });
  });

  it('is not sent unencrypted when encryption is asked for', async () => {
    const { mails, port } = await startSmtp();
    for (const tls of ['starttls', 'tls']) expect(await email.send(alertWith(), config(port, { tls }), new Map(), outlets())).toMatchObject({ result: 'retry' });
    expect(mails).toEqual([]);
  });

  it('goes nowhere that it may not, and does not wait for a server that says nothing', async () => {
    await expect(email.send(alertWith(), config(25), new Map(), outlets([]))).rejects.toMatchObject({ code: 'EBLOCKED' });
    const silent = createServer(() => undefined);
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    closing.push(() => silent.close());
    expect(await email.send(alertWith(), config((silent.address() as AddressInfo).port), new Map(), outlets(['127.0.0.1'], 100))).toMatchObject({ result: 'retry' });
  });

  it('does not wait for a server that goes on talking without an end', async () => {
    const talking = createServer((socket) => {
      socket.write('220 hello\r\n');
      const more = setInterval(() => socket.write('250-more\r\n'), 20);
      socket.on('error', () => undefined).on('close', () => clearInterval(more)).resume();
    });
    await once(talking.listen(0, '127.0.0.1'), 'listening');
    closing.push(() => talking.close());
    expect(await email.send(alertWith(), config((talking.address() as AddressInfo).port), new Map(), outlets(['127.0.0.1'], 200))).toEqual({ result: 'retry', failure: 'the mail server was not done within 400 ms' });
  });
});
