import { isIP } from 'node:net';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type { AlertEvent, EmailConfig } from '@keytrail/contracts';
import { outcomeOfError, type Channel, type OutgoingAlert } from './channel.js';
import { headline, plainText } from './words.js';

const LONGEST_SUBJECT = 200;

/** A message in plain text: nothing in it can become markup. What is not ours stands in the subject, on one line, and in the body. */
export function mailOf({ event, delivery_id }: Pick<OutgoingAlert, 'event' | 'delivery_id'>, { from, to }: Pick<EmailConfig, 'from' | 'to'>): SendMailOptions {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return {
    from: { name: 'Keytrail', address: from }, to: to.map((address) => ({ name: '', address })), subject: headline(event).slice(0, LONGEST_SUBJECT), text: plainText(event),
    // Mail programs show the messages of one incident together, and one that comes twice once.
    messageId: `<${delivery_id}@${domain}>`, references: [`<${event.data.incident.incident_id}@${domain}>`],
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Keytrail-Incident': event.data.incident.incident_id, ...priorityOf(event) }, disableFileAccess: true, disableUrlAccess: true,
  };
}

const priorityOf = ({ data: { incident } }: AlertEvent): Record<string, string> => (incident.severity === 'critical' && incident.state === 'open' ? { Importance: 'high' } : {});

/** E-mail over SMTP. */
export const email: Channel<'email'> = {
  async send(alert, config, secrets, { guard, timeoutMs }) {
    const plain = config.tls === 'none';
    // Connected is to the address that was looked at, and to no other that the name may stand for next.
    const address = await guard.addressOf(config.host, { plain });
    const password = secrets.get('password');
    const transport = createTransport({
      host: address, port: config.port, secure: config.tls === 'tls', requireTLS: config.tls === 'starttls', ignoreTLS: plain,
      tls: isIP(config.host) === 0 ? { servername: config.host } : {}, ...(config.user !== undefined && { auth: { user: config.user, pass: password ?? '' } }),
      connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs, dnsTimeout: timeoutMs,
    });
    // The other limits start anew with whatever comes: a server that goes on talking keeps to all of them.
    const tooLate = AbortSignal.timeout(timeoutMs * 2);
    try {
      await transport.sendMail({ ...mailOf(alert, config), signal: tooLate });
      return { result: 'delivered' };
    } catch (error) {
      if (tooLate.aborted) return { result: 'retry', failure: `the mail server was not done within ${timeoutMs * 2} ms` };
      const { code, responseCode } = error as { code?: string; responseCode?: number };
      if (code === 'EENVELOPE' && responseCode !== undefined && responseCode >= 500) return { result: 'refused', failure: `the mail server takes none of the recipients (${responseCode})` };
      return responseCode === undefined ? outcomeOfError(error) : { result: 'retry', failure: `the mail server answered ${responseCode}` };
    } finally {
      transport.close();
    }
  },
};
