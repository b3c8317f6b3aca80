export declare const OK: 0;
export declare const MISMATCH: 1;
export declare const COULD_NOT_RUN: 2;
export declare function verdictOf(parts: readonly object[], asked: { stores: readonly string[]; finished: boolean }): {
  code: number;
  outcome: Record<string, unknown> | undefined;
  reasons: string[];
};
