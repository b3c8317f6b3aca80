import { jest } from '@jest/globals';

/** Keeps what this process prints from here on, instead of printing it, until mocks are restored. The result tells what came so far. */
export function captureOutput(): () => string {
  let written = '';
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      written += String(chunk);
      return true;
    });
  }
  return () => written;
}
