import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Clock, NextBatch } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';

interface Nonce {
  key_id: string;
  nonce: string;
  /** From then on the time in the request is out of its window, and the nonce need not be known any more. */
  expires_at: Date;
}

const PRUNE_EVERY_MS = 60_000;
const MOST_PRUNED = 50_000;

const nameOf = ({ key_id, nonce }: Nonce) => `${key_id} ${nonce}`;

/** Nonces of signed requests that were accepted, in the database: each once, whichever process it comes to. */
@Injectable()
export class NonceStore {
  // Keyed by the object: the same nonce twice in a batch is two claims.
  private readonly claims: NextBatch<Nonce, true>;
  private pruned = 0;

  constructor(private readonly database: Database, private readonly clock: Clock) {
    this.claims = new NextBatch((nonces) => this.insert(nonces));
  }

  /** Whether the nonce was new. It is kept for good when this resolves. */
  async claim(nonce: Nonce): Promise<boolean> {
    return await this.claims.load(nonce) === true;
  }

  private async insert(nonces: readonly Nonce[]): Promise<Map<Nonce, true>> {
    await this.prune();
    const first = new Map([...nonces].reverse().map((nonce) => [nameOf(nonce), nonce]));
    // In one order everywhere, so that two processes never wait for each other.
    const rows = [...first].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    // Three parameters, however many rows: what is the same each time costs less to take apart.
    const made = await this.database.insertInto('request_nonces').columns(['key_id', 'nonce', 'expires_at'])
      .expression((from) => from.selectFrom(sql<Nonce>`unnest(${rows.map(({ key_id }) => key_id)}::text[], ${rows.map(({ nonce }) => nonce)}::text[],
        ${rows.map(({ expires_at }) => expires_at)}::timestamptz[])`.as<'n'>(sql`n (key_id, nonce, expires_at)`)).select(['n.key_id', 'n.nonce', 'n.expires_at']))
      .onConflict((conflict) => conflict.doNothing()).returning(['key_id', 'nonce']).execute();
    return new Map(made.map((row) => [first.get(nameOf({ ...row, expires_at: new Date(0) }))!, true]));
  }

  private async prune(): Promise<void> {
    const now = this.clock.now();
    if (Math.abs(now - this.pruned) < PRUNE_EVERY_MS) return;
    this.pruned = now;
    const expired = this.database.selectFrom('request_nonces').select(['key_id', 'nonce']).where('expires_at', '<', new Date(now))
      .limit(MOST_PRUNED).forUpdate().skipLocked();
    await this.database.deleteFrom('request_nonces').using(expired.as('e')).whereRef('request_nonces.key_id', '=', 'e.key_id')
      .whereRef('request_nonces.nonce', '=', 'e.nonce').execute();
  }
}
