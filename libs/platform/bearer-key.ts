import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BODY = 30;
const CHECKSUM = 6;
const SHAPE = new RegExp(`^(kt_([a-z]+)_[0-9A-Za-z]{${BODY}})([0-9A-Za-z]{${CHECKSUM}})$`);

export type ParsedBearerKey = { valid: true; kind: string } | { valid: false; problem: 'malformed' | 'checksum_mismatch' };

/**
 * A new bearer key `kt_<kind>_<30 base62><6 base62 of the CRC-32>`: 178 bits of chance, and a checksum that tells a typo from a probe
 * without asking the registry.
 */
export function newBearerKey(kind: string): string {
  const body = Array.from({ length: BODY }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  const key = `kt_${kind}_${body}`;
  return key + checksum(key);
}

/** Takes a presented key apart. `checksum_mismatch`: it has the shape of a key, but was mistyped or made up. */
export function parseBearerKey(key: string): ParsedBearerKey {
  const match = SHAPE.exec(key);
  if (!match) return { valid: false, problem: 'malformed' };
  const [, signed = '', kind = '', sum] = match;
  return checksum(signed) === sum ? { valid: true, kind } : { valid: false, problem: 'checksum_mismatch' };
}

function checksum(key: string): string {
  let rest = crc32(key);
  let digits = '';
  for (let index = 0; index < CHECKSUM; index += 1) {
    digits = ALPHABET.charAt(rest % ALPHABET.length) + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}
