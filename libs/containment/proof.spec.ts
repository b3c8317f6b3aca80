import { describe, expect, it } from '@jest/globals';
import type { NodeEvidence } from './caller-evidence.js';
import { proofOf } from './proof.js';

const REVOKED = Date.parse('2026-03-01T12:00:00Z');
const node = (fields: Partial<NodeEvidence> = {}): NodeEvidence => ({
  gateway_node: 'eu-1', last_accepted: REVOKED - 5_000, accepted_after: 0, last_accepted_after: null, errors_after: 0, refused_after: 0, first_refusal: null, ...fields,
});
const refuses = { refused_after: 3, first_refusal: REVOKED + 400 };
const leaks = { accepted_after: 1, last_accepted_after: REVOKED + 900 };

describe('the proof of a revocation', () => {
  it.each([
    ['no node ever saw the key', [], 'awaiting'],
    ['a node has not been asked since', [node()], 'awaiting'],
    ['one refuses, one was not asked', [node(refuses), node()], 'awaiting'],
    ['each refuses', [node(refuses), node({ ...refuses, gateway_node: 'eu-2' })], 'proven'],
    ['a node that never saw it before refuses', [node({ ...refuses, last_accepted: null })], 'proven'],
    ['one accepted after', [node(refuses), node(leaks)], 'failed'],
    ['one accepted after, then refused', [node({ ...leaks, ...refuses })], 'failed'],
    ['an error that tells nothing', [node({ ...refuses, errors_after: 1 })], 'unclear'],
    ['a failure beats an error', [node({ errors_after: 1 }), node(leaks)], 'failed'],
  ] as const)('%s', (_, nodes, verdict) => {
    expect(proofOf(nodes, REVOKED).verdict).toBe(verdict);
  });

  it('tells by node when the last was accepted and how long the first refusal took', () => {
    const proof = proofOf([node({ ...leaks, ...refuses }), node({ gateway_node: 'eu-2', refused_after: 1, first_refusal: REVOKED + 120 })], REVOKED);
    expect(proof).toMatchObject({ accepted_after: 1, ms_to_first_refusal: 120, first_refusal_at: new Date(REVOKED + 120).toISOString() });
    expect(proof.nodes[0]).toMatchObject({ last_accepted_after_ms: 900, ms_to_first_refusal: 400, last_accepted_at: new Date(REVOKED + 900).toISOString(), refused_after: 3 });
    expect(proof.nodes[1]).toMatchObject({ last_accepted_after_ms: null, ms_to_first_refusal: 120, last_accepted_at: new Date(REVOKED - 5_000).toISOString() });
  });
});
