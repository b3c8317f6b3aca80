import 'reflect-metadata';

const [bench = '', ...args] = process.argv.slice(2);
const benches: Record<string, () => Promise<(args: string[]) => Promise<void>>> = {
  alerts: async () => (await import('./alerts/alerts.js')).alerts,
  collect: async () => (await import('./collect/collect.js')).collect,
  detect: async () => (await import('./detect/detect.js')).detect,
  introspect: async () => (await import('./introspect/introspect.js')).introspect,
  latency: async () => (await import('./latency/latency.js')).latency,
  quality: async () => (await import('./quality/quality.js')).quality,
  revocation: async () => (await import('./revocation/revocation.js')).revocation,
};
const load = benches[bench];
if (load === undefined) throw new Error(`there is no bench ${bench}; there are: ${Object.keys(benches).join(', ')}`);
await (await load())(args);
