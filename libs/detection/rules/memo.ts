/** Remembers what a pure function said of the last some hundred thousand texts: addresses, user agents and routes come again and again. */
export function memo<T>(make: (text: string) => T, most = 100_000): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined || known.has(text)) return found as T;
    const made = make(text);
    if (known.size >= most) known.clear();
    known.set(text, made);
    return made;
  };
}
