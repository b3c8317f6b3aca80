import { z } from 'zod';
import { identifier, label, text, timestamp } from './text.js';
import { withoutSecrets } from './without-secrets.js';

const part = z.string().regex(/^[A-Za-z0-9_-]{1,1400}$/, 'must be base64url');

/** A public key as a JSON Web Key (RFC 7517). Members of a private key are not known here. */
export const PublicJwk = z.strictObject({
  kty: z.enum(['EC', 'OKP', 'RSA']), crv: z.enum(['P-256', 'P-384', 'P-521', 'X25519']).optional(),
  x: part.optional(), y: part.optional(), n: part.optional(), e: part.optional(),
  kid: text(256).optional(), use: z.literal('enc').optional(), alg: text(32).optional(), key_ops: z.array(text(32)).max(8).optional(),
}).meta({ id: 'PublicJwk' });
export type PublicJwk = z.infer<typeof PublicJwk>;

const kind = z.enum(['person', 'team']);
const contact = label(320).describe('How to reach them: an e-mail address, a chat channel, a pager');
const public_key = PublicJwk.describe('New secrets can be handed over encrypted to this key');

const email = z.email().max(320);
const noSecret = [(value: string) => withoutSecrets(value) === value, { message: 'holds a secret' }] as const;
const handle = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/, 'must be letters, digits and . _ - /, without @').refine(...noSecret)
  .describe('What they are called in code hosting, such as `acme/payments`; no two owners, however it is spelled');
const external_id = identifier(256).refine(...noSecret).describe('What the directory they come from calls them; no two owners');

/** Whom to ask when the one before does not answer. */
export const EscalationContact = z.strictObject({ name: label(120), contact: label(320) }).meta({ id: 'EscalationContact' });
export type EscalationContact = z.infer<typeof EscalationContact>;
export const MOST_ESCALATIONS = 5;
export const Escalation = z.array(EscalationContact).max(MOST_ESCALATIONS).describe('Whom to ask, in this order, when the owner does not answer or left');

export const CreateOwner = z.strictObject({
  name: label(120), kind, contact, public_key: public_key.optional(), email: email.optional(), handle: handle.optional(), external_id: external_id.optional(),
  escalation: Escalation.optional(),
}).meta({ id: 'CreateOwner' });
export type CreateOwner = z.infer<typeof CreateOwner>;

export const OwnerStatus = z.enum(['active', 'left']).meta({ id: 'OwnerStatus' });
export type OwnerStatus = z.infer<typeof OwnerStatus>;

export const UpdateOwner = z.strictObject({
  name: label(120).optional(), contact: contact.optional(), public_key: public_key.nullable().optional(),
  email: email.nullable().optional(), handle: handle.nullable().optional(), external_id: external_id.nullable().optional(), escalation: Escalation.optional(),
  status: OwnerStatus.optional().describe('`left`: no key can be given to them any more; those they own stay as they are'),
}).refine((patch) => Object.keys(patch).length > 0, { message: 'nothing to change' }).meta({ id: 'UpdateOwner' });
export type UpdateOwner = z.infer<typeof UpdateOwner>;

export const Owner = z.object({
  owner_id: z.string(), name: z.string(), kind, contact: z.string(), status: OwnerStatus, public_key: PublicJwk.nullable(),
  email: z.string().nullable(), handle: z.string().nullable(), external_id: z.string().nullable(), escalation: z.array(EscalationContact),
  source: z.string().nullable().describe('The import that tells of them; null: only people do'),
  created_at: timestamp, left_at: timestamp.nullable(),
}).meta({ id: 'Owner' });
export type Owner = z.infer<typeof Owner>;
export const OwnerList = z.object({ data: z.array(Owner) }).meta({ id: 'OwnerList' });
export type OwnerList = z.infer<typeof OwnerList>;
