import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { AlertEvent, Severity, SyslogConfig } from '@keytrail/contracts';
import { isClosed } from '../event.js';
import { oneLine, type Channel, type OutgoingAlert } from './channel.js';
import { headline, ownerLine } from './words.js';

/** RFC 5424: log audit; by severity notice, warning, error, critical. */
const FACILITY = 13;
const priorities: Record<Severity, number> = { low: 5, medium: 4, high: 3, critical: 2 };
const cefSeverities: Record<Severity, number> = { low: 3, medium: 5, high: 8, critical: 10 };
/** A datagram must go through in one piece. */
const MOST_DATAGRAM_BYTES = 8_192;
/** For the other side to close, too, once it has read to the end. Not all do. */
const LINGER_MS = 500;

/** Of the header: a bar or a backslash would begin another field, a line break another message. */
const cefHeader = (text: string): string => oneLine(text).replace(/[\\|]/g, '\\$&');
/** Of the extension: an equals sign would begin another key. */
const cefValue = (text: string): string => text.replace(/[\\=]/g, '\\$&').replace(/\r\n|[\r\n\u2028\u2029]/g, '\\n').replace(/[\p{Cc}\p{Cf}]+/gu, ' ');

/** ArcSight CEF version 0. */
export function cefLine({ type, data }: AlertEvent, deliveryId: string): string {
  const { incident, what_to_do, url, what_happened } = data;
  const extension: Record<string, string | number> = {
    externalId: incident.incident_id, start: Date.parse(incident.first_seen), end: Date.parse(incident.last_seen), cnt: incident.findings, act: incident.state, cat: type,
    ...(incident.addresses[0] !== undefined && (isIP(incident.addresses[0]) === 6 ? { c6a2: incident.addresses[0], c6a2Label: 'Source IPv6 Address' } : { src: incident.addresses[0] })),
    ...(incident.key_ids[0] !== undefined && { suid: incident.key_ids[0] }), ...(url !== null && { request: url }),
    cs1Label: 'workspace', cs1: incident.workspace_id, cs2Label: 'owner', cs2: ownerLine(incident), cs3Label: 'keys', cs3: incident.key_ids.join(' '), cs4Label: 'rules', cs4: incident.rule_ids.join(' '),
    cs5Label: 'whatToDo', cs5: what_to_do.map(({ title, call }) => (call === null ? title : `${title}: ${call}`)).join('; '), cs6Label: 'delivery', cs6: deliveryId, msg: what_happened.at(-1)?.text ?? headline({ type, data }),
  };
  const header = ['Keytrail', 'Keytrail', '1', type, headline({ type, data })].map(cefHeader).join('|');
  return `CEF:0|${header}|${cefSeverities[incident.severity]}|${Object.entries(extension).map(([key, value]) => `${key}=${cefValue(String(value))}`).join(' ')}`;
}

/** A message of RFC 5424; what it is about, as one line. */
export function syslogMessage({ event, delivery_id, now }: OutgoingAlert, format: SyslogConfig['format']): string {
  const severity = isClosed(event.data.incident) ? 6 : priorities[event.data.incident.severity];
  return `<${FACILITY * 8 + severity}>1 ${now.toISOString()} - keytrail - ${event.type} - ${format === 'cef' ? cefLine(event, delivery_id) : JSON.stringify(event)}`;
}

/** Syslog over TLS (RFC 5425), TCP with counted octets (RFC 6587) or UDP (RFC 5426). Syslog acknowledges nothing: handed to the network is all that can be known. */
export const syslog: Channel<'syslog'> = {
  async send(alert, { host, port, transport, format }, _secrets, { guard, timeoutMs }) {
    const address = await guard.addressOf(host, { plain: transport !== 'tls' });
    const message = Buffer.from(syslogMessage(alert, format), 'utf8');
    if (transport === 'udp') {
      await sendDatagram(message.subarray(0, MOST_DATAGRAM_BYTES), port, address);
      return { result: 'delivered' };
    }
    const socket = transport === 'tls' ? connectTls({ host: address, port, ...(isIP(host) === 0 && { servername: host }) }) : connectTcp({ host: address, port });
    await writeWithin(socket, transport === 'tls' ? 'secureConnect' : 'connect', Buffer.concat([Buffer.from(`${message.length} `), message]), timeoutMs);
    return { result: 'delivered' };
  },
};

async function sendDatagram(message: Buffer, port: number, address: string): Promise<void> {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject).send(message, port, address, (error) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    socket.close();
  }
}

async function writeWithin(socket: Socket, ready: string, bytes: Buffer, timeoutMs: number): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    await once(socket, ready, { signal: deadline });
    // Unread answers would make the system drop what is not sent yet.
    socket.resume();
    socket.end(bytes);
    await once(socket, 'finish', { signal: deadline });
    await Promise.race([once(socket, 'close'), delay(LINGER_MS, undefined, { ref: false })]);
  } catch (error) {
    throw deadline.aborted ? Object.assign(new Error(`no connection within ${timeoutMs} ms`), { code: 'ETIMEDOUT' }) : error;
  } finally {
    socket.destroy();
  }
}
