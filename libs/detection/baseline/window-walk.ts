import { mod, WINDOWS } from './state.js';

/**
 * Goes through the windows that end with a minute, shortest first, as far as `history` minutes reach: `add` is told of the place (`minute % 60`) of each
 * minute before it that a window takes in, once; then `judge` of the window, by its length and its index in `WINDOWS`.
 */
export function walkWindows(minute: number, history: number, add: (slot: number) => void, judge: (length: number, index: number) => void): void {
  let back = 1;
  let slot = mod(minute, 60);
  for (let index = 0; index < WINDOWS.length; index += 1) {
    const length = WINDOWS[index]!;
    if (length > history) return;
    for (; back < length; back += 1) {
      slot = slot === 0 ? 59 : slot - 1;
      add(slot);
    }
    judge(length, index);
  }
}
