import { normaliseAddress } from '../address.js';

/** The `main` format of nginx.conf writes X-Forwarded-For where a key would stand. */
export function isAddressList(text: string): boolean {
  return text.length <= 1024 && text.split(',').every((part) => /[.:]/.test(part) && /^[\s\d.:a-fA-F[\]]+$/.test(part) && normaliseAddress(part) !== '');
}
