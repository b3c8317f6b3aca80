import { randomUUID } from 'node:crypto';
import type { Consumer, Kafka } from 'kafkajs';
import { UNREADABLE } from './compression/unpack-batch.js';

/** Where one message is. */
export interface MessagePlace {
  topic: string;
  partition: number;
  offset: number;
}

export const placeOf = ({ topic, partition, offset }: MessagePlace): string => `${topic}/${partition}/${offset}`;

/** Reads single messages again, wherever the collectors are. */
export abstract class MessageReader {
  /** The values by `placeOf`, 64 MiB at most; those that are gone, cannot be unpacked or did not come in time are missing. */
  abstract read(places: readonly MessagePlace[]): Promise<Map<string, Buffer>>;
}

interface Wanted {
  topic: string;
  partition: number;
  /** Ascending. */
  offsets: number[];
}

/** What is read at once is held at once. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Joining a group of its own takes some seconds. */
const LONGEST_MS = 30_000;

export class KafkaMessageReader extends MessageReader {
  /** `kafka` gives up soon: somebody waits for the answer. */
  constructor(private readonly kafka: Kafka) {
    super();
  }

  override async read(places: readonly MessagePlace[]): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    const group = `keytrail-replay-${randomUUID()}`;
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const wanted: Wanted[] = [];
      for (const topic of new Set(places.map((place) => place.topic))) {
        const kept = await admin.fetchTopicOffsets(topic).catch(() => []);
        for (const { partition, low, high } of kept) {
          const offsets = places.filter((place) => place.topic === topic && place.partition === partition).map(({ offset }) => offset)
            .filter((offset) => offset >= Number(low) && offset < Number(high)).sort((a, b) => a - b);
          if (offsets.length > 0) wanted.push({ topic, partition, offsets: [...new Set(offsets)] });
        }
      }
      if (wanted.length > 0) await this.readAll(group, wanted, found);
    } finally {
      await admin.deleteGroups([group]).catch(() => undefined);
      await admin.disconnect();
    }
    return found;
  }

  private async readAll(group: string, wanted: readonly Wanted[], found: Map<string, Buffer>): Promise<void> {
    const consumer = this.kafka.consumer({ groupId: group, maxWaitTimeInMs: 200, retry: { retries: 5, initialRetryTime: 300, restartOnFailure: async () => false } });
    const left = new Map(wanted.map((want) => [`${want.topic}/${want.partition}`, want]));
    let timer: NodeJS.Timeout | undefined;
    let bytes = 0;
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...new Set(wanted.map(({ topic }) => topic))], fromBeginning: true });
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, LONGEST_MS);
        consumer.on(consumer.events.CRASH, () => resolve());
        consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
          for (const [topic, partitions] of Object.entries(payload.memberAssignment)) goTo(consumer, topic, partitions, left);
        });
        void consumer.run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            const { topic, partition, messages } = batch;
            const want = left.get(`${topic}/${partition}`);
            if (want === undefined) return;
            const last = Number(batch.lastOffset());
            for (const { offset, value, headers } of messages) {
              const size = value?.length ?? 0;
              if (!want.offsets.includes(Number(offset)) || headers?.[UNREADABLE] !== undefined || bytes + size > MOST_BYTES) continue;
              bytes += size;
              // A copy: what it lies in is much larger.
              found.set(placeOf({ topic, partition, offset: Number(offset) }), Buffer.from(value ?? ''));
            }
            want.offsets = want.offsets.filter((offset) => offset > last);
            if (want.offsets.length > 0) {
              consumer.seek({ topic, partition, offset: String(want.offsets[0]) });
              return;
            }
            left.delete(`${topic}/${partition}`);
            consumer.pause([{ topic, partitions: [partition] }]);
            if (left.size === 0) resolve();
          },
        }).catch(() => resolve());
      });
    } finally {
      clearTimeout(timer);
      await consumer.disconnect();
    }
  }
}

function goTo(consumer: Consumer, topic: string, partitions: readonly number[], left: ReadonlyMap<string, Wanted>): void {
  for (const partition of partitions) {
    const want = left.get(`${topic}/${partition}`);
    if (want === undefined) consumer.pause([{ topic, partitions: [partition] }]);
    else consumer.seek({ topic, partition, offset: String(want.offsets[0]) });
  }
}
