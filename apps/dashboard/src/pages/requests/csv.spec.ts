import { describe, expect, it } from '@jest/globals';
import type { RequestLog } from '@keytrail/contracts';
import { csvHeader, csvLine } from './csv.js';

const request: RequestLog = {
  workspace_id: 'acme', key_id: 'key_1', key_fingerprint: '', credential_kind: 'api_key', principal: '', request_id: 'r1', time: '2026-11-21T10:00:00.000Z', outcome: 'authorised', refusal_reason: '', method: 'GET',
  route: '/a', path: '/a?b=1,2', status: 200, latency_ms: null, bytes_in: 0, bytes_out: 12, address: '203.0.113.1', country: 'DE', user_agent: 'say "hi"', origin: '', referer: '', tenant: '', environment: '', gateway_node: '',
  attributes: {}, source: 'http',
};
const cells = (line: string) => line.split(',').length;

describe('a request as CSV', () => {
  it('has a cell for each column, quoted where it must be', () => {
    const line = csvLine(request);
    expect(line).toContain('"/a?b=1,2"');
    expect(line).toContain('"say ""hi"""');
    expect(cells(line.replaceAll(/"(?:[^"]|"")*"/g, 'x'))).toBe(cells(csvHeader));
  });

  it.each(['=cmd|calc', '+1', '-1', '@x', '\tx'])('never lets a spreadsheet take %j for a formula', (user_agent) => {
    expect(csvLine({ ...request, user_agent })).toContain(`'${user_agent}`);
  });
});
