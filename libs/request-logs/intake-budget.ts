import { AppError } from '@keytrail/platform';

/** What one batch holds of the budget. */
export interface Held {
  /** Throws 429 `intake_busy` when that is more than is left, unless nobody else holds any: one batch alone is bounded by its own limits. */
  take(bytes: number): void;
  /** Gives everything back; what is taken afterwards counts no more. */
  release(): void;
}

/** Bounds what the batches that are being taken in hold in memory, however many come at once. */
export class IntakeBudget {
  private held = 0;

  constructor(private readonly mostBytes: number) {}

  open(): Held {
    let own = 0;
    let open = true;
    return {
      take: (bytes) => {
        if (!open) return;
        if (this.held > own && this.held + bytes > this.mostBytes) throw busy();
        own += bytes;
        this.held += bytes;
      },
      release: () => {
        open = false;
        this.held -= own;
        own = 0;
      },
    };
  }
}

const busy = () => new AppError({
  code: 'intake_busy', status: 429, message: 'Too much is being taken in at once; send this batch again in a moment.', retryAfter: 1,
});
