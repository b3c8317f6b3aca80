/** Pages load from this server alone. Swagger UI writes its own styles and data: images. */
const CONTENT_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** What every answer carries. */
export const answerHeaders = (requestId: string): Record<string, string> => ({
  'x-request-id': requestId, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY', 'content-security-policy': CONTENT_POLICY,
});
