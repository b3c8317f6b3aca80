/** What was compressed holds more than may be unpacked here. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/** Throws {@link TooLargeError} when a length that was promised or made is beyond the limit. */
export function assertWithin(bytes: number, limit: number): void {
  if (bytes > limit) throw new TooLargeError(`it unpacks to more than ${limit} bytes`);
}

/** What was compressed is not what its codec writes. */
export class BrokenError extends Error {
  override readonly name = 'BrokenError';
}
