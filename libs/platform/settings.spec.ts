import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { httpFields, jwtFields, kafkaFields, masterKeyField, parseTopic, storeFields } from './setting-fields.js';
import { SettingsError, readSettings } from './settings.js';

const schema = z.object({ ...httpFields, ...storeFields, ...kafkaFields, ...jwtFields, KEYTRAIL_MASTER_KEY: masterKeyField });
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
    ['a.b-c_d=cloudtrail@acme-1', { topic: 'a.b-c_d', format: 'cloudtrail', workspace: 'acme-1' }],
  ])('reads %s', (entry, parts) => {
    expect(parseTopic(entry)).toEqual(parts);
  });
});
