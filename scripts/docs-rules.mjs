// `npm run docs:rules`: writes what the rules say of themselves into docs/detections.md. The spec that compares both does it.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const jest = join(root, 'node_modules/jest/bin/jest.js');
const { status } = spawnSync(process.execPath, ['--experimental-vm-modules', '--no-warnings', jest, 'libs/detection/rules/document.spec.ts'],
  { cwd: root, stdio: 'inherit', env: { ...process.env, WRITE_DOCS: '1' } });
process.exit(status ?? 1);
