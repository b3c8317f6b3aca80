import { describe, expect, it } from '@jest/globals';
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { isSignedBy, readKeyList } from './github-signature.js';

describe('a signature of GitHub', () => {
  it('counts over the bytes as they came, in DER and base64 alone', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const body = Buffer.from('[{"source":"commit","token":"some_token","type":"some_type","url":"https://example.com/base-repo-url/"}]');
    const good = sign('sha256', body, privateKey);
    expect(isSignedBy(publicKey, body, good.toString('base64'))).toBe(true);
    const raw = sign('sha256', body, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const wrong = ['', 'AAAA', good.toString('hex'), good.toString('base64url').padEnd(98, '-'), raw.toString('base64'), `${good.toString('base64')}\n`, ` ${good.toString('base64')}`, 'A'.repeat(10_000)];
    for (const signature of wrong) expect([signature.slice(0, 20), isSignedBy(publicKey, body, signature)]).toEqual([signature.slice(0, 20), false]);
    for (const changed of [Buffer.concat([body, Buffer.from('\n')]), body.subarray(1), Buffer.from(body.toString().replace('some_token', 'same_token')), Buffer.alloc(0)]) {
      expect(isSignedBy(publicKey, changed, good.toString('base64'))).toBe(false);
    }
    expect(isSignedBy(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey, body, good.toString('base64'))).toBe(false);
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    const list = readKeyList(JSON.stringify({ public_keys: [{ key_identifier: 'k', key: pem, is_current: false, more: 1 }] }));
    expect(list?.get('k')?.equals(createPublicKey(pem))).toBe(true);
  });
});
