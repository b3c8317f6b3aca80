import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { addedKeyFields, addedKeysOf, geoFields, httpFields, jwtFields, kafkaFields, masterKeyField, parseTopic, settingsSchema, storeFields } from './setting-fields.js';
import { SettingsError, readSettings } from './settings.js';

const schema = settingsSchema({ ...httpFields, ...storeFields, ...kafkaFields, ...jwtFields, ...geoFields, ...addedKeyFields, KEYTRAIL_MASTER_KEY: masterKeyField });
const good = {
  KEYTRAIL_CLICKHOUSE_URL: 'http://localhost:8123', KEYTRAIL_POSTGRES_URL: 'postgres://localhost/keytrail', KEYTRAIL_KAFKA_BROKERS: 'a:9092, b:9092,',
  KEYTRAIL_MASTER_KEY: Buffer.alloc(32).toString('base64'),
};

describe('readSettings', () => {
  it('fills in what is not set; an empty variable is not set', () => {
    expect(readSettings(schema, { ...good, KEYTRAIL_PORT: '', KEYTRAIL_HOST: undefined, KEYTRAIL_JWT_ISSUER: '' })).toMatchObject({
      KEYTRAIL_HOST: '127.0.0.1', KEYTRAIL_PORT: 8080, KEYTRAIL_KAFKA_BROKERS: ['a:9092', 'b:9092'], KEYTRAIL_KAFKA_TOPICS: ['keytrail.request-logs'],
    });
  });

  it('reports every problem at once, by name, and repeats no value', () => {
    const bad = {
      KEYTRAIL_PORT: '70000', KEYTRAIL_CLICKHOUSE_URL: 'ftp://user:hunter2@x', KEYTRAIL_POSTGRES_URL: 'mysql://user:hunter2@x', KEYTRAIL_KAFKA_BROKERS: ' , ',
      KEYTRAIL_KAFKA_TOPICS: 'hunter2 hunter2', KEYTRAIL_MASTER_KEY: 'aHVudGVyMg==', KEYTRAIL_JWKS_URL: 'hunter2',
      KEYTRAIL_JWKS_FILE: '/hunter2', KEYTRAIL_GEOIP_FILE: '/hunter2', KEYTRAIL_JWT_ISSUER: 'https://id.example',
    };
    try {
      readSettings(schema, bad);
      throw new Error('they were taken');
    } catch (error) {
      expect(error).toBeInstanceOf(SettingsError);
      const { message, problems } = error as SettingsError;
      for (const name of Object.keys(bad)) expect(message).toContain(name);
      expect(problems.length).toBe(Object.keys(bad).length);
      expect(message).not.toMatch(/hunter2|aHVudGVyMg/);
    }
  });

  const problemsOf = (env: Record<string, string>): string[] => {
    try {
      readSettings(schema, { ...good, ...env });
      return [];
    } catch (error) {
      return (error as SettingsError).problems;
    }
  };

  it('wants the keys of a JWT issuer from one place, and an issuer for keys', () => {
    const [issuer, url] = [{ KEYTRAIL_JWT_ISSUER: 'https://id.example' }, { KEYTRAIL_JWKS_URL: 'https://id.example/jwks' }];
    expect(problemsOf({ ...issuer, ...url })).toEqual([]);
    expect(problemsOf(issuer)).toEqual([expect.stringMatching(/^KEYTRAIL_JWT_ISSUER: .*KEYTRAIL_JWKS_URL and KEYTRAIL_JWKS_FILE/)]);
    expect(problemsOf({ ...issuer, ...url, KEYTRAIL_JWKS_FILE: '/nowhere' })).toEqual([expect.stringMatching(/^KEYTRAIL_JWKS_FILE/), expect.stringMatching(/^KEYTRAIL_JWT_ISSUER/)]);
    expect(problemsOf(url)).toEqual([expect.stringMatching(/^KEYTRAIL_JWKS_URL: needs KEYTRAIL_JWT_ISSUER/)]);
  });

  it('wants files that are there and hold what they should', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'keytrail-settings-'));
    const file = async (name: string, content: string) => {
      await writeFile(join(directory, name), content);
      return join(directory, name);
    };
    try {
      const issuer = { KEYTRAIL_JWT_ISSUER: 'https://id.example' };
      expect(problemsOf({ ...issuer, KEYTRAIL_JWKS_FILE: await file('jwks.json', '{"keys":[{"kty":"EC"}]}') })).toEqual([]);
      expect(problemsOf({ ...issuer, KEYTRAIL_JWKS_FILE: join(directory, 'none') })).toEqual(['KEYTRAIL_JWKS_FILE: there is no such file']);
      expect(problemsOf({ ...issuer, KEYTRAIL_JWKS_FILE: directory })).toEqual(['KEYTRAIL_JWKS_FILE: the file cannot be read (EISDIR)']);
      for (const content of ['', '{', '[]', '{"keys":{}}', '{"keys":[]}', '{"keys":["x"]}']) {
        expect([content, problemsOf({ ...issuer, KEYTRAIL_JWKS_FILE: await file('bad.json', content) })]).toEqual([content, ['KEYTRAIL_JWKS_FILE: the file is not a JSON Web Key Set']]);
      }
      expect(problemsOf({ KEYTRAIL_GEOIP_FILE: join(directory, 'none') })).toEqual(['KEYTRAIL_GEOIP_FILE: there is no such file']);
      expect(problemsOf({ KEYTRAIL_GEOIP_FILE: await file('text.mmdb', 'text') })).toEqual(['KEYTRAIL_GEOIP_FILE: the file is not a MaxMind database']);
      const bundled = createRequire(import.meta.url).resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb');
      expect(problemsOf({ KEYTRAIL_GEOIP_FILE: bundled })).toEqual([]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('takes peppers and wrapping keys from the environment or from a file, not from both, and repeats none of them', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'keytrail-settings-'));
    try {
      const [key, file] = [randomBytes(32).toString('base64'), join(directory, 'keys')];
      await writeFile(file, `1:${key}\n`);
      const read = (env: Record<string, string>) => addedKeysOf(readSettings(schema, { ...good, ...env }));
      expect(read({})).toEqual({ peppers: undefined, wrappingKeys: undefined });
      expect(read({ KEYTRAIL_PEPPERS: `1:${key}`, KEYTRAIL_WRAPPING_KEYS_FILE: file })).toEqual({
        peppers: new Map([[1, Buffer.from(key, 'base64')]]), wrappingKeys: new Map([[1, Buffer.from(key, 'base64')]]),
      });
      for (const name of ['KEYTRAIL_PEPPERS', 'KEYTRAIL_WRAPPING_KEYS']) {
        expect(problemsOf({ [name]: `1:${key}`, [`${name}_FILE`]: file })).toEqual([`${name}: set this or ${name}_FILE, not both`]);
        const [problem, ...others] = problemsOf({ [name]: `1:${key},1:${key}` });
        expect([problem, others]).toEqual([expect.stringContaining(`${name}: must be version:key`), []]);
        expect(problem).not.toContain(key);
        expect(problemsOf({ [`${name}_FILE`]: join(directory, 'none') })).toEqual([`${name}_FILE: there is no such file`]);
      }
      await writeFile(file, 'hunter2');
      expect(problemsOf({ KEYTRAIL_PEPPERS_FILE: file })).toEqual(['KEYTRAIL_PEPPERS_FILE: the file is not a list of version:key, one on each line']);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('knows the formats of topics', () => {
    expect(problemsOf({ KEYTRAIL_KAFKA_TOPICS: 'a=kong,b=nginx' })).toEqual(['KEYTRAIL_KAFKA_TOPICS: b has a format that is not one of native, kong, cloudtrail, envoy, api-gateway, ocsf, combined, auto']);
  });

  it('takes addresses and networks for proxies, and nothing else', () => {
    const read = (proxies: string) => readSettings(z.object(httpFields), { KEYTRAIL_TRUSTED_PROXIES: proxies }).KEYTRAIL_TRUSTED_PROXIES;
    expect(read('10.0.0.0/8, 192.0.2.1,fd00::/8, ::1')).toEqual(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '::1']);
    expect(read('')).toEqual([]);
    for (const bad of ['true', 'loopback', 'proxy.example', '10.0.0.0/33', '10.0.0.0/0', '::/0', '10.0.0.0/8/8', '10.1', '10.0.0.0/', 'fe80::1%eth0']) expect(() => read(bad)).toThrow('KEYTRAIL_TRUSTED_PROXIES');
  });

  it.each(['80.5', '-1', 'http', '1e9'])('takes no port %s', (port) => {
    expect(() => readSettings(z.object(httpFields), { KEYTRAIL_PORT: port })).toThrow(SettingsError);
  });
});

describe('parseTopic', () => {
  it.each([
    ['logs', { topic: 'logs', format: 'native', workspace: undefined }],
    ['logs=kong', { topic: 'logs', format: 'kong', workspace: undefined }],
    ['logs@acme', { topic: 'logs', format: 'native', workspace: 'acme' }],
    ['logs=api-gateway@acme', { topic: 'logs', format: 'api-gateway', workspace: 'acme' }],
    ['a.b-c_d=cloudtrail@acme-1', { topic: 'a.b-c_d', format: 'cloudtrail', workspace: 'acme-1' }],
  ])('reads %s', (entry, parts) => {
    expect(parseTopic(entry)).toEqual(parts);
  });
});
