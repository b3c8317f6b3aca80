/** Longest text that is written character by character: beyond it, a call into the runtime is quicker. */
const SHORT = 48;

/** Bytes in the making. Little-endian, as every machine this runs on. */
export class ByteWriter {
  private buffer: Buffer;
  private length = 0;

  constructor(expected: number) {
    this.buffer = Buffer.allocUnsafeSlow(expected);
  }

  /** LEB128, unsigned, below 2^32. */
  varint(value: number): void {
    this.reserve(5);
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.buffer[this.length++] = (rest & 0x7f) | 0x80;
    this.buffer[this.length++] = rest;
  }

  /** UTF-8 after its length in bytes. */
  string(text: string): void {
    if (text.length <= SHORT && this.shortAscii(text)) return;
    const bytes = Buffer.byteLength(text);
    this.varint(bytes);
    this.reserve(bytes);
    this.length += this.buffer.write(text, this.length);
  }

  /** The bytes of the numbers, as they lie in memory. */
  raw(numbers: Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array): void {
    this.reserve(numbers.byteLength);
    this.buffer.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), this.length);
    this.length += numbers.byteLength;
  }

  clear(): void {
    this.length = 0;
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /** false, and nothing written, when there is a character beyond ASCII. */
  private shortAscii(text: string): boolean {
    this.reserve(SHORT + 1);
    const { buffer, length } = this;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      if (unit > 0x7f) return false;
      buffer[length + 1 + at] = unit;
    }
    buffer[length] = text.length;
    this.length = length + 1 + text.length;
    return true;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
