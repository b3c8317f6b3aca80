/** Gathers a stretch of bytes that may span chunks, and forgets them once there are more than `max`. */
export class Capture {
  private parts: Buffer[] = [];
  private size = 0;

  constructor(private readonly max: number) {}

  add(bytes: Buffer): void {
    this.size += bytes.length;
    if (this.size > this.max) this.parts = [];
    else if (bytes.length > 0) this.parts.push(bytes);
  }

  /** What was gathered, or null when it was too much. Starts anew. */
  take(): Buffer | null {
    const { parts, size } = this;
    this.parts = [];
    this.size = 0;
    if (size > this.max) return null;
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }
}
