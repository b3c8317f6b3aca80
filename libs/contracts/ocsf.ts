import { z } from 'zod';

const millis = z.number().int().describe('Milliseconds since 1970');
const analytic = z.object({ type_id: z.number().int(), type: z.string(), uid: z.string(), name: z.string() });

/** A Detection Finding of OCSF 1.4. */
export const DetectionFinding = z.object({
  class_uid: z.literal(2004), class_name: z.string(), category_uid: z.literal(2), category_name: z.string(), activity_id: z.number().int(), activity_name: z.string(), type_uid: z.number().int(), type_name: z.string(),
  severity_id: z.number().int(), severity: z.string(), status_id: z.number().int(), status: z.string(), time: millis, start_time: millis, end_time: millis, message: z.string(), is_alert: z.boolean(), count: z.number().int(),
  metadata: z.object({ version: z.literal('1.4.0'), uid: z.string(), logged_time: millis, product: z.object({ name: z.string(), vendor_name: z.string() }) }),
  finding_info: z.object({
    uid: z.string(), title: z.string(), types: z.array(z.string()), created_time: millis, modified_time: millis, first_seen_time: millis, last_seen_time: millis, src_url: z.string().optional(), desc: z.string(),
    analytic: analytic.optional(), related_analytics: z.array(analytic).optional(),
  }),
  resources: z.array(z.object({ uid: z.string(), type: z.string(), namespace: z.string(), owner: z.object({ name: z.string(), uid: z.string().optional() }).optional() })),
  evidences: z.array(z.object({ src_endpoint: z.object({ ip: z.string() }) })), remediation: z.object({ desc: z.string() }).optional(), unmapped: z.record(z.string(), z.unknown()).optional(),
}).meta({ id: 'DetectionFinding' });
export type DetectionFinding = z.infer<typeof DetectionFinding>;
