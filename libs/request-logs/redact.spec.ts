import { describe, expect, it } from '@jest/globals';
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createRedactor } from './redact.js';

const key = Buffer.alloc(32, 7);
const redactor = createRedactor(key);
const redact = (text: string) => redactor.redactText(text);

const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** A made-up secret; the same seed gives the same one. */
function made(length: number, seed: number | string = length, alphabet = BASE62): string {
  let out = '';
  for (let block = 0; out.length < length; block += 1) {
    for (const byte of createHmac('sha256', 'test').update(`${seed}/${block}`).digest()) out += alphabet[byte % alphabet.length];
  }
  return out.slice(0, length);
}
const jwt = (seed: string) => ['{"alg":"ES256"}', `{"sub":"${seed}"}`, made(48, seed)].map((part) => Buffer.from(part).toString('base64url')).join('.');

const shapes: Record<string, (seed: string) => string> = {
  keytrail: (seed) => `kt_live_${made(36, seed)}`,
  jwt,
  'github classic': (seed) => `ghp_${made(36, seed)}`,
  'github oauth': (seed) => `gho_${made(36, seed)}`,
  'github server': (seed) => `ghs_${made(36, seed)}`,
  'github fine-grained': (seed) => `github_pat_${made(22, seed)}_${made(59, `${seed}b`)}`,
  slack: (seed) => `xoxb-${made(12, seed, '0123456789')}-${made(24, seed)}`,
  stripe: (seed) => `sk_live_${made(24, seed)}`,
  'stripe test': (seed) => `sk_test_${made(24, seed)}`,
  'stripe restricted': (seed) => `rk_live_${made(24, seed)}`,
  google: (seed) => `AIza${made(35, seed)}`,
  npm: (seed) => `npm_${made(36, seed)}`,
  gitlab: (seed) => `glpat-${made(20, seed)}`,
  sendgrid: (seed) => `SG.${made(22, seed)}.${made(43, `${seed}b`)}`,
};
const shaped = fc.tuple(fc.constantFrom(...Object.keys(shapes)), fc.string({ minLength: 1, maxLength: 8 }))
  .map(([shape, seed]) => shapes[shape]!(seed));
const opaque = fc.integer({ min: 8, max: 60 }).chain((length) => fc.nat().map((seed) => `${made(length, seed)}7Q`));

const names = ['api_key', 'apikey', 'API-Key', 'key', 'token', 'access_token', 'id_token', 'refresh_token', 'secret', 'client_secret',
  'password', 'sig', 'signature', 'X-Amz-Signature', 'x-amz-security-token', 'authorization', 'auth', 'aws_secret_access_key', 'bearer', 'credentials', 'sid'];

/** Ways a secret of any form gets into a text: the name or the scheme tells. */
const tellingPlaces: ((secret: string, name: string) => string)[] = [
  (secret, name) => `/v1/items?page=2&${name}=${secret}&sort=asc`,
  (secret, name) => `https://app.example/callback#${name}=${secret}`,
  (secret, name) => `/go?to=${encodeURIComponent(`https://x.example/a?${name}=${secret}&b=1`)}`,
  (secret, name) => `/go?to=${encodeURIComponent(encodeURIComponent(`https://x.example/a?${name}=${secret}`))}`,
  (secret, name) => `/a?${name.replace(/./, (first) => `%${first.charCodeAt(0).toString(16)}`)}=${secret}`,
  (secret, name) => `{"headers":{"${name}":"${secret}","x":1}}`,
  (secret, name) => `{"headers":{"${name}" : [ "${secret}" , "${secret}" ],"x":1}}`,
  (secret, name) => JSON.stringify({ body: JSON.stringify({ [name]: secret }) }),
  (secret, name) => JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ [name]: secret }) }) }),
  (secret, name) => `{"${name}":"${secret}`,
  (secret, name) => `${name}: ${secret}`,
  (secret, name) => `${name}='${secret}'`,
  (secret) => `GET / with Bearer ${secret}, refused`,
  (secret) => `bearer%20${secret}`,
  (secret) => `https://user:${secret}@host.example/path`,
  (secret) => `{"cookie":"session=${secret}; theme=dark"}`,
  (secret) => `Set-Cookie: id=${secret}; Path=/`,
];
/** Ways in which only the secret's own shape tells. */
const silentPlaces: ((secret: string) => string)[] = [
  (secret) => secret, (secret) => `/hooks/${secret}/run`, (secret) => `curl/8.0 (${secret})`, (secret) => `?q=${secret}&x=1`,
  (secret) => `["a","${secret}"]`, (secret) => `/a%2F${secret}%2Fb`, (secret) => `refused:${secret}`, (secret) => `x\u0000${secret}\n`,
];

describe('secrets do not survive redaction', () => {
  it('should replace a secret of any form where a name or a scheme tells', () => {
    fc.assert(fc.property(opaque, fc.constantFrom(...names), fc.constantFrom(...tellingPlaces), (secret, name, place) => {
      expect(redact(place(secret, name))).not.toContain(secret);
    }), { numRuns: 3000 });
  });

  it('should replace a secret of a known shape wherever it stands', () => {
    fc.assert(fc.property(shaped, fc.constantFrom(...names), fc.constantFrom(...tellingPlaces, ...silentPlaces), (secret, name, place) => {
      expect(redact(place(secret, name))).not.toContain(secret);
    }), { numRuns: 3000 });
  });

  it('should replace it between any other text', () => {
    fc.assert(fc.property(fc.string(), shaped, fc.string(), (before, secret, after) => {
      expect(redact(`${before} ${secret} ${after}`)).not.toContain(secret);
      expect(redact(`${before}?token=${secret}&${after}`)).not.toContain(secret);
    }), { numRuns: 3000 });
  });

  it('should replace the value after a path segment that tells, and the last part of a Slack hook', () => {
    const hex = made(32, 'hex', '0123456789abcdef');
    const secret = `${made(14, 'segment')}7`;
    for (const name of ['apikey', 'api-key', 'api_key', 'token', 'access_token', 'secret', 'password', 'bearer', 'API-KEY']) {
      for (const value of [secret, hex]) {
        expect(redact(`/${name}/${value}/items?page=2`)).toBe(`/${name}/${redactor.fingerprint(value)}/items?page=2`);
        expect(redact(`GET https://h.example/v1/${name}/${value}`)).not.toContain(value);
        expect(redact(`?to=${encodeURIComponent(`/${name}/${value}`)}`)).not.toContain(value);
      }
    }
    for (const name of ['key', 'auth', 'sid', 'hooks', 'webhook']) expect(redact(`/${name}/${hex}/x`)).not.toContain(hex);
    const slack = made(24, 'slack hook');
    expect(redact(`https://hooks.slack.com/services/T01ABCDEFGH/B01ABCDEFGH/${slack}`)).not.toContain(slack);
  });

  it('should replace a secret cut off at the end', () => {
    for (const [, shape] of Object.entries(shapes)) {
      const secret = shape('cut');
      const most = secret.slice(0, -3);
      expect(redact(`/hooks/${most}`)).not.toContain(most);
    }
  });

  it('should replace private keys, also when the end is missing', () => {
    const { privateKey } = generateKeyPairSync('ed25519', { privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
    const body = privateKey.split('\n')[1]!;
    expect(redact(`x ${privateKey} y`)).not.toContain(body);
    expect(redact(JSON.stringify({ note: privateKey }))).not.toContain(body);
    expect(redact(`x ${privateKey.slice(0, 80)}`)).not.toContain(body.slice(0, 30));
  });

  it('should replace long random path segments, nearly always', () => {
    for (const [alphabet, length] of [[BASE62, 40], [`${BASE62}-_`, 43], [`${BASE62}-_`, 64]] as const) {
      let missed = 0;
      for (let seed = 0; seed < 1000; seed += 1) {
        const segment = made(length, seed, alphabet);
        if (redact(`/share/${segment}/view`).includes(segment)) missed += 1;
      }
      expect(missed).toBeLessThan(30);
    }
  });
});

describe('what is no secret stays', () => {
  it.each([
    '/v1/orders/8c7b7a4e-3f0e-4c53-9f0c-2a6ef2d9a1b4/items?limit=10&offset=20',
    '/v1/blobs/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '/v1/runs/01JABCDEFGHJKMNPQRSTVWXYZ0',
    '/oauth2/token/introspection', '/v1/api-keys/key_01JABCDEFG/revoke', '/auth/login', '/key/42', '/password/reset-request', '/token/v2',
    'AKIAIOSFODNN7EXAMPLE', 'key_id=AKIAIOSFODNN7EXAMPLE', '?key=ASIAIOSFODNN7EXAMPLE',
    'arn:aws:sts::123456789012:assumed-role/ExampleNginxStack-BankingRoleForTests-9S3E0UAE1MM0/i-0317f6c6b66ae9c40',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36',
    '[aws-cli/1.18.136 Python/3.8.5 Darwin/19.5.0 botocore/1.17.59]',
    'EC2ConsoleFrontend, aws-internal/3 Linux/4.9.217-0.1.ac.205.84.332.metal1.x86_64 OpenJDK_64-Bit_Server_VM/25.262-b10 java/1.8.0_262',
    'invalid token: expired', 'Bearer token missing', 'basic authentication required', 'Bearer realm="api"', 'token_type=bearer',
    'authorization: REDACTED', '{"authorization":"Bearer REDACTED"}', '?token=***&monkey=banana&primary_key=12', 'code=US',
    'https://docs.example/My-Very-Long-Blog-Post-Title-About-42-Things-To-Do', 'ssh://git@host.example/repo', '',
  ])('should keep %s', (text) => {
    expect(redactor.redactText(text)).toBe(text);
  });
});

describe('fingerprints', () => {
  it('should be the keyed digest of the secret, whatever stands around it', () => {
    const secret = shapes.keytrail!('same');
    const expected = `fp_${createHmac('sha256', key).update(secret).digest('hex').slice(0, 24)}`;
    expect(redactor.fingerprint(secret)).toBe(expected);
    const encoded = secret.replaceAll('_', '%5F');
    for (const text of [`Bearer ${secret}`, `?api_key=${secret}`, `?api_key=${encoded}`, `/a/${encoded}/b`, `{"key":"${secret}"}`]) {
      expect(redactor.redactText(text)).toContain(expected);
    }
    expect(createRedactor(Buffer.alloc(32, 8)).fingerprint(secret)).not.toBe(expected);
  });

  it('should be left alone when redacted again', () => {
    const anything = fc.oneof(fc.string(), shaped, opaque, fc.constantFrom('?', '&', '=', '%', '%3D', ' ', '"', ':', '/', '@', '://', '\\', '{', '[', '#', '-', '.'),
      fc.constantFrom('Bearer ', 'token=', '"key":', 'password: ', 'authorization', 'eyJ', 'kt_', 'fp_'));
    fc.assert(fc.property(fc.array(anything, { maxLength: 12 }), (parts) => {
      const once = redact(parts.join(''));
      expect(redact(once)).toBe(once);
    }), { numRuns: 5000 });
  });
});

describe('ids', () => {
  it('should stay as they are unless they are a known secret', () => {
    const random = made(56, 'cloudfront');
    expect(redactor.redactId(random)).toBe(random);
    const secret = shapes.keytrail!('id');
    expect(redactor.redactId(secret)).toBe(redactor.fingerprint(secret));
  });
});

describe('hostile texts', () => {
  const MEGABYTE = 1 << 20;
  const milliseconds = (text: string) => {
    const start = process.cpuUsage();
    redactor.redactText(text);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
  const fill = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
  it.each([
    'a', 'A1b2', 'eyJ', 'eyJ.', 'eyJa.', 'kt_', 'kt_a_', 'kt_aaaaaaaa', 'ghp_', 'SG.', 'SG.aaaaaaaa', '://', '://a', '://a:b', ' Bearer ', 'Bearer  ', 'bearer+', '%', '%25', '%41',
    '%2541', 'a%3D', 'key', 'key=', 'key:', 'key: ', 'key":"', 'key":["', 'key=[', 'token', 'token=', 'token=x&', '"', '\\', '\\"', 'key:\\"', 'api_', 'api_key', '%61=', '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----', '-', '_', 'fp_', 'fp_0123456789abcdef01234567', 'cookie: ', 'authorization=bearer ', '[', 'key: [[', '@', '://@', 'x', '*', 'password=%25', '=', 'aZ9-_',
    'token=a%25,', '://k:%41@',
  ])('should take no longer a character for a megabyte of %j than for less', (unit) => {
    for (const around of [(text: string) => text, (text: string) => `key=${text}`, (text: string) => `Bearer ${text}@`]) {
      // Work that grows with the square would take 64 times as long. The constant is for what the clock and the runtime add.
      const isLinear = () => milliseconds(around(fill(unit, MEGABYTE))) < milliseconds(around(fill(unit, MEGABYTE / 8))) * 24 + 100;
      // Other threads of this process work now and then; what is not linear is slow every time.
      expect(isLinear() || isLinear() || isLinear()).toBe(true);
    }
  });

  it('should survive arbitrary bytes', () => {
    for (let round = 0; round < 200; round += 1) redact(randomBytes(512).toString('latin1'));
  });
});
