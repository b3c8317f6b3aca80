/** Whether a checkpoint is due (epoch ms). One that lies far ahead was signed by a clock that was wrong: it is not waited for. */
export const isDue = (last: number, now: number, everyMs: number): boolean => Math.abs(now - last) >= everyMs;
