import { KeyState, issuedKinds } from '@keytrail/contracts';
import { z } from 'zod';

/** Which keys are listed; it stands in the address. */
export const KeysSearch = z.object({
  kind: z.enum(issuedKinds).optional().catch(undefined), state: KeyState.optional().catch(undefined), workspace: z.string().optional().catch(undefined),
  q: z.string().optional().catch(undefined), sort: z.string().optional().catch(undefined),
});
export type KeysSearch = z.infer<typeof KeysSearch>;
