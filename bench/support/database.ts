import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

/** The process id of a server on this machine; processes it starts later stay on its cores. */
export async function serverPid(server: string): Promise<number> {
  const client = new Client({ connectionString: server });
  await client.connect();
  const { rows } = await client.query<{ file: string }>("SELECT pg_read_file('postmaster.pid') AS file");
  await client.end();
  return Number.parseInt(rows[0]!.file, 10);
}

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
