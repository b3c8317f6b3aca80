import { Injectable } from '@nestjs/common';
import { ClickHouse } from '@keytrail/clickhouse';

/** Asks what of a batch is stored. Reads the whole table: for what was left half done only. */
@Injectable()
export class StoredBatchStore {
  constructor(private readonly clickhouse: ClickHouse) {}

  async rowsUnder(token: string): Promise<number> {
    const [row] = await this.clickhouse.select<{ rows: number }>('SELECT count() AS rows FROM request_logs WHERE batch_id = {token:String}', { token });
    return row?.rows ?? 0;
  }
}
