import { open } from 'node:fs/promises';

/** Keys that call, in turn and not evenly; each from a few addresses with one agent. */
const KEYS = 500;
/** Requests a second, all keys together. */
const PER_SECOND = 1000;
const START = Date.UTC(2026, 10, 1);

const template = '{"time":"2026-11-01T00:00:00.000Z","request_id":"00000000000000000000000000000000","key_id":"key_000000000000","credential_kind":"api_key",'
  + '"principal":"service-000","method":"GET","route":"/v1/orders/{order_id}/items","path":"/v1/orders/000000/items?page=10","status":200,"latency_ms":10.0,"bytes_in":100,'
  + '"bytes_out":1000,"address":"203.0.113.100","user_agent":"orders-sdk/1.0.0 (node 20.0; linux x64)","tenant":"tenant-00","gateway_node":"gateway-0"}\n';
const line = Buffer.from(template);
const after = (text: string) => template.indexOf(text) + text.length;

const AT = {
  time: after('"time":"'), id: after('"request_id":"'), key: after('"key_id":"key_'), principal: after('service-'), method: after('"method":"'), order: after('"path":"/v1/orders/'),
  page: after('page='), status: after('"status":'), latency: after('"latency_ms":'), in: after('"bytes_in":'), out: after('"bytes_out":'), address: after('203.0.113.'),
  agent: after('orders-sdk/1.'), tenant: after('tenant-'), node: after('gateway-'),
};
const HEX = Buffer.from('0123456789abcdef');
const STATUSES = [403, 500, 404, 429];

/** Length of every line, its line feed included. */
export const LINE_BYTES = line.length;

/** Request logs in the native format, `count` lines from number `first` on. The same numbers give the same lines. */
export function requestLines(first: number, count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count * LINE_BYTES);
  for (let index = 0; index < count; index += 1) writeLine(bytes, index * LINE_BYTES, first + index);
  return bytes;
}

const LINES_A_WRITE = 10_000;

/** Writes the first `count` lines to a file. */
export async function writeLines(path: string, count: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let first = 0; first < count; first += LINES_A_WRITE) await file.writeFile(requestLines(first, Math.min(LINES_A_WRITE, count - first)));
  } finally {
    await file.close();
  }
}

/** Reads `count` lines from number `first` on: they cost what comes over a wire costs, not what making them would. */
export async function readLines(path: string, first: number, count: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read({ buffer: Buffer.allocUnsafeSlow(count * LINE_BYTES), position: first * LINE_BYTES });
    return buffer;
  } finally {
    await file.close();
  }
}

function writeLine(bytes: Buffer, start: number, number: number): void {
  line.copy(bytes, start);
  const random = xorshift(number);
  // The square makes some keys busy and most of them quiet.
  const key = Math.floor(((random() / 2 ** 32) ** 2) * KEYS);
  bytes.write(new Date(START + Math.floor(number * 1000 / PER_SECOND)).toISOString(), start + AT.time, 'latin1');
  for (let word = 0; word < 4; word += 1) writeHex(bytes, start + AT.id + word * 8, random());
  writeDigits(bytes, start + AT.key, key, 12);
  writeDigits(bytes, start + AT.principal, key % 100, 3);
  if (random() % 5 === 0) bytes.write('PUT', start + AT.method, 'latin1');
  writeDigits(bytes, start + AT.order, random() % 1_000_000, 6);
  writeDigits(bytes, start + AT.page, 10 + random() % 20, 2);
  const chance = random() % 100;
  if (chance < 4) writeDigits(bytes, start + AT.status, STATUSES[chance]!, 3);
  writeDigits(bytes, start + AT.latency, 10 + random() % 90, 2);
  writeDigits(bytes, start + AT.latency + 3, random() % 10, 1);
  writeDigits(bytes, start + AT.in, 100 + random() % 900, 3);
  writeDigits(bytes, start + AT.out, 1000 + random() % 9000, 4);
  writeDigits(bytes, start + AT.address, 100 + (key * 7 + random() % 3) % 150, 3);
  writeDigits(bytes, start + AT.agent, key % 7, 1);
  writeDigits(bytes, start + AT.tenant, key % 50, 2);
  writeDigits(bytes, start + AT.node, random() % 6, 1);
}

function writeDigits(bytes: Buffer, at: number, value: number, digits: number): void {
  for (let place = at + digits - 1, rest = value; place >= at; place -= 1, rest = Math.floor(rest / 10)) bytes[place] = 0x30 + rest % 10;
}

function writeHex(bytes: Buffer, at: number, value: number): void {
  for (let place = 0; place < 8; place += 1) bytes[at + place] = HEX[(value >>> (place * 4)) & 0xf]!;
}

/** Pseudo-random 32-bit numbers from a seed (xorshift32, Marsaglia 2003), well mixed from the first on. */
function xorshift(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  next();
  next();
  return next;
}
