/** As much of Kafka's protocol as it takes to learn the id of a topic: ApiVersions 0 and Metadata 10. */

const API_VERSIONS = 18;
const METADATA = 3;
/** The first version of Metadata whose answer has ids (Kafka 2.8). */
const WITH_IDS = 10;
const NO_ID = '0'.repeat(32);
const CLIENT = Buffer.from('keytrail');

export const ApiVersions = { withIds: 'with ids', withoutIds: 'without ids' } as const;
export type ApiVersions = (typeof ApiVersions)[keyof typeof ApiVersions];

export const askApiVersions = (): Buffer => framed([header(API_VERSIONS, 0)]);

/** Whether the broker can tell ids of topics. */
export function readApiVersions(answer: Buffer): ApiVersions {
  const count = answer.readInt32BE(6);
  for (let index = 0; index < count; index += 1) {
    const at = 10 + index * 6;
    if (answer.readInt16BE(at) === METADATA) return answer.readInt16BE(at + 4) >= WITH_IDS ? ApiVersions.withIds : ApiVersions.withoutIds;
  }
  return ApiVersions.withoutIds;
}

/** Never makes the topic. */
export function askTopic(topic: string): Buffer {
  const name = Buffer.from(topic);
  const NO_TAGS = Buffer.of(0);
  const FALSE = Buffer.of(0);
  return framed([
    header(METADATA, WITH_IDS), NO_TAGS,
    uvarint(2), Buffer.alloc(16), uvarint(name.length + 1), name, NO_TAGS,
    FALSE, FALSE, FALSE, NO_TAGS,
  ]);
}

/** `error` is Kafka's code, 0 = none. `id` is null when the cluster gives no ids. */
export function readTopic(answer: Buffer): { id: string | null; error: number } {
  const reader = new Reader(answer);
  reader.skip(4);
  reader.skipTags();
  reader.skip(4);
  const brokers = reader.uvarint() - 1;
  for (let index = 0; index < brokers; index += 1) {
    reader.skip(4);
    reader.skipText();
    reader.skip(4);
    reader.skipText();
    reader.skipTags();
  }
  reader.skipText();
  reader.skip(4);
  if (reader.uvarint() !== 2) throw new Error('the broker did not answer what was asked');
  const error = reader.int16();
  reader.skipText();
  const hex = reader.hex(16);
  return { error, id: hex === NO_ID ? null : hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') };
}

function header(api: number, version: number): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.writeInt16BE(api, 0);
  bytes.writeInt16BE(version, 2);
  bytes.writeInt32BE(1, 4);
  bytes.writeInt16BE(CLIENT.length, 8);
  return Buffer.concat([bytes, CLIENT]);
}

function framed(parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function uvarint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** Throws a RangeError behind the end. */
class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  skip(count: number): void {
    this.at += count;
  }

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  hex(count: number): string {
    this.at += count;
    if (this.at > this.bytes.length) throw new RangeError('the answer ends too early');
    return this.bytes.toString('hex', this.at - count, this.at);
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes.readUInt8(this.at);
      this.at += 1;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  /** A text that may be missing: its length is kept as one more. */
  skipText(): void {
    this.skip(Math.max(0, this.uvarint() - 1));
  }

  skipTags(): void {
    for (let count = this.uvarint(); count > 0; count -= 1) {
      this.uvarint();
      this.skip(this.uvarint());
    }
  }
}
