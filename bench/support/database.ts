import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

/** A new database on a server; its URL. */
export async function createDatabase(server: string): Promise<string> {
  const url = new URL(server);
  url.pathname = `/bench_${randomUUID().replaceAll('-', '')}`;
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${url.pathname.slice(1)}`);
  await client.end();
  return url.href;
}
