/** Replaces secrets by keyed fingerprints. Equal secrets give equal fingerprints under one key; a fingerprint cannot be undone. */
export interface Redactor {
  /** `fp_` and 24 hex digits. */
  fingerprint(secret: string): string;
  /** For free text: every secret in it becomes its fingerprint; `found` holds those, in order. */
  redactText(text: string): { text: string; found: string[] };
  /** For ids: replaces known shapes of secrets only, so that a long random request id stays what it is. */
  redactId(text: string): string;
}
