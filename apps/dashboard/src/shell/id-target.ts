export interface IdTarget {
  kind: 'incident' | 'key' | 'request' | 'address';
  label: string;
}

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:]+)$/i;

/** What a pasted word stands for, by its shape; undefined when it looks like words of a person. */
export function idTarget(word: string): IdTarget | undefined {
  if (/^inc_[0-9a-f]{32}$/.test(word)) return { kind: 'incident', label: 'Open the incident' };
  if (/^key_[0-9a-f]{32}$/.test(word)) return { kind: 'key', label: 'Requests of the key' };
  if (ADDRESS.test(word)) return { kind: 'address', label: 'Requests from the address' };
  return /^[^\s]{6,128}$/.test(word) && /[\d_-]/.test(word) ? { kind: 'request', label: 'Find the request with this id' } : undefined;
}
