import { describe, expect, it } from '@jest/globals';
import { fixtureBody, fixtureValues, fixtures, rowsOf } from '../spec-support/fixtures.js';
import { parseBody } from '../parse-body.js';
import { detectFormats } from './detect.js';
import { formats } from './index.js';

const all = fixtures.flatMap(([file, format]) => fixtureValues(file, format).map((value) => ({ file, format, value })));
const native = { time: '2026-03-01T10:00:00Z', request_id: 'r-1', method: 'GET', path: '/v1/orders', status: 200 };

describe('telling a format', () => {
  it.each(fixtures)('should know every line of %s', (file, format) => {
    const values = [...parseBody(fixtureBody(file), { format: 'auto' })].map(({ value }) => value);
    expect(values.map(detectFormats)).toEqual(values.map(() => [format]));
    expect(values.flatMap((value) => rowsOf('auto', value))).toEqual(fixtureValues(file, format).flatMap((value) => rowsOf(format, value)));
  });

  it('should read each line by itself, so that mixed lines do not mislead each other', () => {
    const mixed = [...all].reverse();
    expect(mixed.flatMap(({ value }) => rowsOf('auto', value))).toEqual(mixed.flatMap(({ format, value }) => rowsOf(format, value)));
    expect(rowsOf('auto', [all[0]!.value, all[3]!.value])).toHaveLength(2);
    const records = fixtureValues('cloudtrail.ndjson', 'cloudtrail');
    expect(rowsOf('auto', { Records: records })).toEqual(rowsOf('cloudtrail', { Records: records }));
  });

  it.each<[string, unknown]>([
    ['an empty object', {}], ['null', null], ['a number', 7], ['text', 'planted text'], ['an empty text', ''], ['a foreign object', { planted: 'planted', level: 'info', msg: 'planted' }],
    ['a nested list', [['planted']]], ['half a native line', { request_id: 'planted' }], ['a syslog line', '<34>1 2026-03-01T10:00:00Z planted su - - planted'],
  ])('should say of %s that it fits none, and which there are', (_, value) => {
    const [item] = formats.auto(value);
    expect(item!.problem).toMatchObject({ code: 'unknown_format' });
    expect(item!.problem!.reason).toContain('fits no format; say which it is: native, kong, cloudtrail, envoy, api-gateway, ocsf, combined');
    expect(item!.problem!.reason).not.toContain('planted');
  });

  it('should not guess between two', () => {
    const both = { ...native, start_time: native.time, response_code: 200, response_flags: '-' };
    expect(detectFormats(both)).toEqual(['native', 'envoy']);
    expect(formats.auto(both)[0]!.problem).toMatchObject({ code: 'unknown_format', reason: expect.stringContaining('could be native or envoy') });
  });

  it('should know a broken line by its marks, and say what is wrong with it', () => {
    expect(formats.auto({ ...native, status: 'x' })[0]!.problem).toMatchObject({ code: 'invalid_field', reason: expect.stringContaining('status') });
  });

  it('should take no native line for another because of what it adds', () => {
    expect(detectFormats({ ...native, message: 'x', log: 'y', stage: 'prod', start_time: 'x', request: {}, class_uid: 1 })).toEqual(['native']);
  });
});
