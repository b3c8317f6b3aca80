import { createHash } from 'node:crypto';
import { replaceNamedSecrets, replaceSecretSegments } from '../secret-names.js';

/**
 * A request id for a record that carries none: a digest of what the record says, so that the same record gets the same id however often
 * and by whatever way it comes. Records that are alike in every part share one. What a name tells to be a secret is left out, since a
 * digest without a key could confirm a guess of it.
 */
export function derivedId(parts: readonly unknown[]): string {
  const plain = parts.map((part) => (typeof part === 'string' ? withoutSecrets(part) : part ?? null));
  return `derived-${createHash('sha256').update(JSON.stringify(plain)).digest('hex').slice(0, 32)}`;
}

const withoutSecrets = (text: string): string => replaceSecretSegments(replaceNamedSecrets(text, () => ''), () => '');
