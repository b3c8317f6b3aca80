const CONTROL = /[\u0000-\u001f\u007f]/;
const CONTROLS = /[\u0000-\u001f\u007f]+/g;

/** At most `max` UTF-16 units, never ending in half a character; halves inside become U+FFFD. */
export function cutText(text: string, max: number): string {
  let cut = text;
  if (cut.length > max) {
    const last = cut.charCodeAt(max - 1);
    cut = cut.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
  }
  return cut.isWellFormed() ? cut : cut.toWellFormed();
}

/** For text that no schema has looked at: control characters become one space. */
export const printable = (text: string): string => (CONTROL.test(text) ? text.replace(CONTROLS, ' ') : text);
