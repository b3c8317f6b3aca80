import { describe, expect, it } from '@jest/globals';
import { readSuggestedCall } from './suggested-call.js';

describe('a suggested call', () => {
  it('that replaces a key names the key, whatever its kind', () => {
    expect(readSuggestedCall('POST /v1/api-keys/key_1/revoke-and-replace {"reason":"…"}')).toEqual({ does: 'replace', key_id: 'key_1' });
    expect(readSuggestedCall('POST /v1/service-tokens/key_2/revoke-and-replace {}')).toEqual({ does: 'replace', key_id: 'key_2' });
  });

  it('that searches becomes the query of a page', () => {
    expect(readSuggestedCall('GET /v1/request-logs?workspace=acme&key_id=key_1&from=2026-11-21T22%3A00%3A00.000Z'))
      .toEqual({ does: 'search', query: { workspace: 'acme', key_id: 'key_1', from: '2026-11-21T22:00:00.000Z' } });
  });

  it('that the page does not know is shown as it is', () => {
    expect(readSuggestedCall('POST /v1/bulk-containments {}')).toEqual({ does: 'call', call: 'POST /v1/bulk-containments {}' });
    expect(readSuggestedCall('POST /v1/elsewhere/key_1/revoke-and-replace')).toMatchObject({ does: 'call' });
    expect(readSuggestedCall(null)).toEqual({ does: 'nothing' });
  });
});
