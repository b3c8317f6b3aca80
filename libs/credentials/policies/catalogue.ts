import { expiringSoon } from './expiring-soon.js';
import { keyName } from './key-name.js';
import { noOwner } from './no-owner.js';
import { ownerLeft } from './owner-left.js';
import type { Policy } from './policy.js';
import { rotationDue } from './rotation-due.js';
import { unusedKey } from './unused-key.js';

/** Every policy, gravest first. */
export const policies: readonly Policy[] = [ownerLeft, noOwner, rotationDue, expiringSoon, unusedKey, keyName];
