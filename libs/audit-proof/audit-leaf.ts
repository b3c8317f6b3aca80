import { canonicalJson } from './canonical-json.js';
import { leafHash } from './merkle/hash.js';

/** Another layout of entries gets another number, so that no two layouts ever share their bytes. */
const LAYOUT = Buffer.from([1]);

/** What stands in the tree for an entry: one byte that numbers the layout, then the entry's canonical JSON in UTF-8, with every member it is answered with. */
export const leafBytes = (entry: object): Buffer => Buffer.concat([LAYOUT, Buffer.from(canonicalJson(entry))]);

export const leafHashOf = (entry: object): Buffer => leafHash(leafBytes(entry));
