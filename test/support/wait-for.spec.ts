import { describe, expect, it } from '@jest/globals';
import { waitFor } from './wait-for.js';

describe('waitFor', () => {
  it('answers with the first truthy value', async () => {
    const values = [undefined, 0, 'there'];
    await expect(waitFor(() => values.shift(), { what: 'a value', intervalMs: 1 })).resolves.toBe('there');
  });

  it('takes an error for "not yet"', async () => {
    let looks = 0;
    const condition = (): number => {
      looks += 1;
      if (looks < 3) throw new Error('still starting');
      return looks;
    };
    await expect(waitFor(condition, { what: 'three looks', intervalMs: 1 })).resolves.toBe(3);
  });

  it('says what it waited for and the last value', async () => {
    await expect(waitFor(() => 0, { what: 'the incident', timeoutMs: 20, intervalMs: 5 }))
      .rejects.toThrow('Waited 20 ms for the incident; last value: 0');
  });

  it('says what it waited for and the last error', async () => {
    const refused = async (): Promise<never> => { throw new Error('connection refused'); };
    await expect(waitFor(refused, { what: 'the server', timeoutMs: 20, intervalMs: 5 }))
      .rejects.toThrow('Waited 20 ms for the server; last error: connection refused');
  });

  it('does not wait past its time for a look that never returns', async () => {
    await expect(waitFor(() => new Promise<boolean>(() => undefined), { what: 'the answer', timeoutMs: 20 }))
      .rejects.toThrow(/Waited 20 ms for the answer; last nothing yet/);
  });
});
