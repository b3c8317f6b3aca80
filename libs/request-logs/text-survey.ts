/** What a text contains, found in one cheap pass: most texts hold nothing that any costlier search could match. */
export const HAS = { equals: 1, colon: 2, at: 4, percent: 8, space: 16, underscore: 32, upper: 64, lower: 128, digit: 256, longRun: 512, dash: 1024, dot: 2048 } as const;

const FLAGS = new Uint16Array(128);
const IN_RUN = new Uint8Array(128);
const mark = (characters: string, flag: number, inRun: boolean) => {
  for (const character of characters) {
    FLAGS[character.charCodeAt(0)]! |= flag;
    if (inRun) IN_RUN[character.charCodeAt(0)] = 1;
  }
};
mark('=', HAS.equals, false);
mark(':', HAS.colon, false);
mark('@', HAS.at, false);
mark('%', HAS.percent, false);
mark(' +\t\n\r\v\f', HAS.space, false);
mark('.', HAS.dot, false);
mark('_', HAS.underscore, true);
mark('-', HAS.dash, true);
mark('ABCDEFGHIJKLMNOPQRSTUVWXYZ', HAS.upper, true);
mark('abcdefghijklmnopqrstuvwxyz', HAS.lower, true);
mark('0123456789', HAS.digit, true);

/** Flags of `HAS`; `longRun`: 32 or more of `[A-Za-z0-9_-]` in a row. Other white space than ASCII's counts as `space`. */
export function survey(text: string): number {
  let flags = 0;
  let run = 0;
  let longest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 127) {
      flags |= HAS.space;
      run = 0;
      continue;
    }
    flags |= FLAGS[unit]!;
    if (IN_RUN[unit] === 1) {
      run += 1;
      if (run > longest) longest = run;
    } else run = 0;
  }
  return longest >= 32 ? flags | HAS.longRun : flags;
}
