import { z } from 'zod';

/** Fields that requests are filtered by, with what people call them. `not_<field>` leaves values out. */
export const filterFields = {
  workspace: 'Workspace', key_id: 'Key', outcome: 'Outcome', status: 'Status', address: 'Address', method: 'Method', route: 'Route', path: 'Path', user_agent: 'User agent', country: 'Country',
  gateway_node: 'Gateway node', tenant: 'Tenant', environment: 'Environment', refusal_reason: 'Refusal reason', principal: 'Principal', credential_kind: 'Credential',
  key_fingerprint: 'Fingerprint', request_id: 'Request id',
} as const;
export type FilterField = keyof typeof filterFields;
export const filterFieldNames = Object.keys(filterFields) as FilterField[];

/** The router reads `status=401` as a number. */
const values = z.preprocess((value) => (value === undefined ? undefined : (Array.isArray(value) ? value : [value]).map(String)), z.array(z.string()).optional()).catch(undefined);
const eachField = <P extends '' | 'not_'>(prefix: P) =>
  Object.fromEntries(filterFieldNames.map((field) => [`${prefix}${field}`, values])) as Record<`${P}${FilterField}`, typeof values>;

/** What the log explorer shows; all of it stands in the address. `range`: such as `90m`, `24h`, `7d`, up to now; or `from` and `to`. */
export const RequestsSearch = z.object({
  range: z.string().regex(/^[1-9]\d{0,4}[mhd]$/).optional().catch(undefined), from: z.iso.datetime({ offset: true }).optional().catch(undefined), to: z.iso.datetime({ offset: true }).optional().catch(undefined),
  ...eachField(''), ...eachField('not_'), open: z.string().optional().catch(undefined), live: z.boolean().optional().catch(undefined),
});
export type RequestsSearch = z.infer<typeof RequestsSearch>;

/** What another page may ask for: one value or several of each field. */
export type RequestsLink = { [Field in FilterField]?: string | readonly string[] } & { range?: string; from?: string; to?: string };
export const requestsLink = ({ range, from, to, ...filters }: RequestsLink): RequestsSearch =>
  RequestsSearch.parse({ range, from, to, ...filters });
