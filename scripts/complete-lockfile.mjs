// `npm ci` refuses a lock file that leaves out optional packages of other platforms, and `npm install` leaves them out when the registry
// in use does not hold them. This names them again, so that the lock file serves every platform. Run it after `npm install`.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const packages = lock.packages;
const first = (name, words) => words.find((word) => new RegExp(`(^|[-/])${word}(-|$)`).test(name));

/** What a platform package's name says of its platform: `@rspack/binding-linux-x64-gnu`. */
function platformOf(name) {
  const os = first(name, ['darwin', 'win32', 'linux', 'android', 'freebsd', 'openharmony']);
  const cpu = first(name, ['arm64', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'wasm32', 'arm']);
  const libc = os === 'linux' ? { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl' }[first(name, ['gnu', 'gnueabihf', 'musl'])] : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(os && { os: [os] }), ...(libc && { libc: [libc] }) };
}

const added = [];
for (const parent of Object.values(packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    if (Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`))) continue;
    const platform = platformOf(name);
    if (!platform.cpu && !platform.os) throw new Error(`${name} is left out of the lock file, and its name tells no platform`);
    packages[`node_modules/${name}`] = { version, ...platform, ...(parent.dev && { dev: true }), optional: true };
    added.push(name);
  }
}
const { '': root, ...rest } = packages;
lock.packages = { '': root, ...Object.fromEntries(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))) };
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added.length} platform packages added\n`);
