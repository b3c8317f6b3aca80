interface Sized {
  value: Buffer | null;
}

/** Cuts messages into parts of so many messages and bytes at most; one larger message still comes alone. */
export function* chunksOf<Message extends Sized>(messages: readonly Message[], mostMessages: number, mostBytes: number): Generator<Message[]> {
  let chunk: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = message.value?.length ?? 0;
    if (chunk.length > 0 && (chunk.length >= mostMessages || bytes + size > mostBytes)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(message);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
