const HEADER = /^%?(?:REQ|RESP|REQUEST_HEADER|RESPONSE_HEADER)\(:?([^)?]{1,256})(?:\?[^)]{0,256})?\)(?::\d{1,6})?%?$/;
const REMEMBERED = 2048;
const known = new Map<string, string>();

/** snake_case of a name, without what marks it as a variable of Envoy or API Gateway. */
export function plainName(name: string): string {
  const remembered = known.get(name);
  if (remembered !== undefined) return remembered;
  const plain = (HEADER.exec(name)?.[1] ?? name.replace(/^\$?context\./, '')).replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
    .replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, '');
  if (known.size >= REMEMBERED) known.clear();
  if (name.length <= 256) known.set(name, plain);
  return plain;
}
