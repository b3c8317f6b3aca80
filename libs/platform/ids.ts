import { v7 } from 'uuid';

/** A new id such as `inc_0198c1d2…`: prefix and a UUIDv7 (RFC 9562) without hyphens, so that ids sort by age. */
export const newId = (prefix: string): string => `${prefix}_${v7().replaceAll('-', '')}`;
