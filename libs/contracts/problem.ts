import { z } from 'zod';

/** Problem details as in RFC 9457, with a stable `code` and the id of the request. */
export const Problem = z.object({
  type: z.string(), title: z.string(), status: z.number().int(), code: z.string(),
  detail: z.string().optional(), instance: z.string().optional(), request_id: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
}).meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
