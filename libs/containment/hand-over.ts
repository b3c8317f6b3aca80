import type { ContainmentAction, HandOver, PublicJwk } from '@keytrail/contracts';
import { kindRules, type CredentialRecord } from '@keytrail/credentials';
import { badRequest, conflict } from '@keytrail/platform';

/**
 * Refuses an order for a successor that nobody could take: 409 `owner_left` and `owner_without_public_key`, 400 `nothing_to_seal`. A leaked
 * key must die though nobody is there to take the next one; a planned rotation can wait for an owner.
 */
export function assertCanBeHandedOver(
  order: { action: ContainmentAction; hand_over: HandOver }, key: CredentialRecord, owner: { status: 'active' | 'left'; public_key: PublicJwk | null },
): void {
  if (owner.status === 'left' && (order.action === 'rotate' || order.hand_over === 'sealed')) {
    throw conflict('owner_left', 'The owner of the key has left. Give the key another owner first, or revoke it.');
  }
  if (order.hand_over !== 'sealed') return;
  if (kindRules[key.kind].once.length === 0) throw badRequest('nothing_to_seal', `A ${kindRules[key.kind].noun} has no secret to hand over.`);
  if (owner.public_key === null) {
    throw conflict('owner_without_public_key', 'The owner has no public key to seal the new secret to. Register one, or take the hand-over `response`.');
  }
}
