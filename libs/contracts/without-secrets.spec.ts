import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { label, remark } from './text.js';
import { withoutSecrets } from './without-secrets.js';

const body = `${'aB3'.repeat(11)}Z9x`;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

describe('withoutSecrets', () => {
  it.each(['api', 'svc', 'sec', 'access'])('leaves kind and hint of kt_%s_…', (prefix) => {
    expect(withoutSecrets(`found kt_${prefix}_${body} in a wiki`)).toBe(`found kt_${prefix}_…${body.slice(-4)} in a wiki`);
    expect(withoutSecrets(`key=kt_${prefix}_${body}, x${`kt_${prefix}_${body}`.repeat(2)}`)).not.toContain('aB3aB3');
  });

  it.each([
    ['PEM', pem], ['PEM in one line', pem.replaceAll('\n', '\\n')], ['PEM that was cut off', pem.slice(0, 120)], ['base64 of PEM', Buffer.from(pem).toString('base64')],
  ])('takes out a private key as %s', (_, secret) => {
    expect(withoutSecrets(`it was ${secret}`)).toMatch(/^it was \[private key\](?:\s|\\n)?$/);
  });

  it('takes out JSON Web Tokens', () => {
    expect(withoutSecrets('token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw!')).toBe('token [JSON Web Token]!');
    expect(withoutSecrets('a.x_eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw b')).toBe('a.x_[JSON Web Token] b');
  });

  it.each([
    `kt_ws_${body} and kt_pub_${body}`, 'key_01a1fec36593714f96d9cc51923391ab was used from 192.0.2.1', 'fp_6b572124abb858c921151eef', 'kt_api_ is the prefix of API keys, kt_svc_… of tokens',
  ])('leaves %s as it is', (text) => expect(withoutSecrets(text)).toBe(text));

  it('never makes a text longer, and takes no time over hostile ones', () => {
    for (const text of ['kt_a_'.repeat(20_000), '-----BEGIN '.repeat(9_000), 'eyJ'.repeat(1_000_000), 'eyJhbGciOiJF.'.repeat(300_000), 'LS0tLS1CRUdJTi'.repeat(9_000), '-----BEGIN PRIVATE KEY-----'.repeat(4_000)]) {
      expect(withoutSecrets(text).length).toBeLessThanOrEqual(text.length);
    }
  });
});

it('a remark loses its secrets, a name that holds one is refused', () => {
  expect(remark(1_000).parse(`stolen: kt_api_${body}`)).toBe(`stolen: kt_api_…${body.slice(-4)}`);
  expect(label(120).safeParse(`kt_api_${body}`).success).toBe(false);
  expect(label(120).parse('payments-production')).toBe('payments-production');
});
