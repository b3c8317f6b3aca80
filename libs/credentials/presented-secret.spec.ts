import { describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { newBearerKey } from '@keytrail/platform';
import { readPresented } from './presented-secret.js';

const pemOf = (namedCurve: string, type: 'pkcs8' | 'sec1' = 'pkcs8') => generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type, format: 'pem' }).toString();

describe('what somebody found', () => {
  it.each([
    ['api', 'bearer'], ['svc', 'bearer'], ['sec', 'signing-secret'],
  ])('is a secret by its prefix kt_%s_', async (prefix, form) => {
    const secret = newBearerKey(prefix);
    expect(await readPresented(secret)).toEqual({ form, secret });
    expect(await readPresented(` ${secret}\r\n`)).toEqual({ form, secret });
    expect(await readPresented(`${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`)).toEqual({ form: 'none', reason: 'mistyped' });
    expect(await readPresented(secret.slice(0, -1))).toEqual({ form: 'none', reason: 'malformed' });
  });

  it.each(['ws', 'pub'])('is an id and no secret by its prefix kt_%s_', async (prefix) => {
    expect(await readPresented(newBearerKey(prefix))).toEqual({ form: 'none', reason: 'not_a_secret' });
  });

  it('is a private key of P-256, whose thumbprint tells which', async () => {
    const pem = pemOf('prime256v1');
    const read = await readPresented(pem);
    expect(read).toMatchObject({ form: 'private-key', kid: expect.stringMatching(/^[\w-]{43}$/) });
    for (const same of [Buffer.from(pem).toString('base64'), `key: |\n  ${pem.replaceAll('\n', '\n  ')}`, pem.replaceAll('\n', '\\n'), pem.replaceAll('\n', '')]) {
      expect(await readPresented(same)).toMatchObject({ kid: (read as { kid: string }).kid });
    }
    expect(await readPresented(pemOf('prime256v1', 'sec1'))).toMatchObject({ form: 'private-key' });
  });

  it('is unknown when it is a private key of another kind, malformed when it is cut, encrypted or none', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    for (const other of [pemOf('secp384r1'), pemOf('secp256k1'), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()]) expect(await readPresented(other)).toEqual({ form: 'none', reason: 'unknown' });
    const pem = pemOf('prime256v1');
    const encrypted = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
    for (const bad of [pem.slice(0, 100), pem.replace(/[A-Za-z0-9+/]{20}\n-----END/, '\n-----END'), encrypted, '-----BEGIN PRIVATE KEY-----', '', ' ', 'kt_', 'kt_api_', 'LS0tLS1CRUdJTi', '\u0000', '-'.repeat(100_000)]) {
      expect([bad.slice(0, 40), await readPresented(bad)]).toEqual([bad.slice(0, 40), { form: 'none', reason: 'malformed' }]);
    }
  });
});
