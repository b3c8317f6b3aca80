import { badRequest } from '@keytrail/platform';
import { activeOf, attributesOf } from './read-scim.js';

const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:patchop';

/**
 * What a PatchOp of RFC 7644 says of whether a user is active: `{"op": "replace", "path": "active", "value": "False"}` or `{"op": "replace", "value": {"active": false}}`,
 * however it is spelled. Undefined: nothing. Throws 400 `invalid_feed` for what is no PatchOp, or an `active` that is neither true nor false.
 */
export function activeAfter(content: unknown): 'active' | 'left' | undefined {
  const { schemas, operations } = attributesOf(content);
  if (!Array.isArray(schemas) || !schemas.some((schema) => String(schema).toLowerCase() === PATCH_OP) || !Array.isArray(operations)) {
    throw badRequest('invalid_feed', 'This is no SCIM PatchOp: schemas must name it, and Operations must be a list.');
  }
  let said: 'active' | 'left' | undefined;
  for (const operation of operations.map(attributesOf)) {
    const op = String(operation['op']).toLowerCase();
    if (op !== 'replace' && op !== 'add') continue;
    const path = operation['path'];
    const value = path === undefined ? attributesOf(operation['value'])['active'] : String(path).toLowerCase() === 'active' ? operation['value'] : undefined;
    const active = activeOf(value);
    if (active === undefined) continue;
    if (active !== 'active' && active !== 'left') throw badRequest('invalid_feed', 'active must be true or false.');
    said = active;
  }
  return said;
}
