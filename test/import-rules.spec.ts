import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTempDir, type TempDir } from './support/temp-dir.js';

const project = fileURLToPath(new URL('..', import.meta.url));

/** A small Keytrail that keeps every rule: the offenders below are added to it. */
const sound = {
  'libs/contracts/index.ts': "export { key } from './key.js';",
  'libs/contracts/key.ts': "import { z } from 'zod'; export const key = z.string();",
  'libs/request-logs/index.ts': "export { row } from './row.js'; export { rowStore } from './row.store.js';",
  'libs/request-logs/row.ts': "import { key } from '@keytrail/contracts'; export const row = (now: Date) => [key, new Date(now)];",
  'libs/request-logs/row.store.ts': "import { sql } from 'kysely'; export const rowStore = [sql, Date.now()];",
  'libs/detection/index.ts': "export { finding } from './finding.js';",
  'libs/detection/finding.ts': "import { row } from '@keytrail/request-logs'; export const finding = row;",
  'libs/incidents/index.ts': "export { incident } from './incident.js';",
  'libs/incidents/incident.ts': "import { finding } from '@keytrail/detection'; export const incident = finding;",
  'libs/containment/index.ts': "export { plan } from './plan.js';",
  'libs/containment/plan.ts': "import { incident } from '@keytrail/incidents'; export const plan = incident;",
  'libs/leaks/index.ts': "export { leak } from './leak.js';",
  'libs/leaks/leak.ts': "import { plan } from '@keytrail/containment'; export const leak = plan;",
  'libs/alerting/index.ts': "export { told } from './told.js';",
  'libs/alerting/told.ts': "import { incident } from '@keytrail/incidents'; export const told = incident;",
  'libs/live/index.ts': "export { seen } from './seen.js';",
  'libs/live/seen.ts': "import { incident } from '@keytrail/incidents'; export const seen = incident;",
  'libs/platform/index.ts': "export { port } from './port.js';",
  'libs/platform/port.ts': "import type { FastifyInstance } from 'fastify'; export const port = (app: FastifyInstance): string => app.version;",
  'libs/platform/port.spec.ts': "import { it } from '@jest/globals'; import { port } from './port.js'; it('is', () => [port]);",
  'apps/api/main.ts': "import { plan } from '@keytrail/containment'; console.log(plan, process.env.HOME);",
  'apps/cli/main.ts': 'export const cli = 1;',
  'examples/shop/report.ts': "import { Module } from '@nestjs/common'; export const report = Module;",
  'test/shop.ts': "import { report } from '../examples/shop/report.js'; export const shop = report;",
  'test/support/builder.ts': "import { row } from '@keytrail/request-logs'; export const builder = row;",
};

/** Each offender and the import rules that it breaks. */
const offenders: Record<string, { source: string; breaks: string[] }> = {
  'libs/incidents/uses-app.ts': { source: "import '../../apps/api/main.js';", breaks: ['libs-never-import-apps'] },
  'examples/shop/uses-lib.ts': { source: "import '@keytrail/platform';", breaks: ['examples-stand-alone'] },
  'apps/cli/uses-example.ts': { source: "import '../../examples/shop/report.js';", breaks: ['nothing-imports-examples'] },
  'apps/cli/uses-app.ts': { source: "import '../api/main.js';", breaks: ['apps-import-libs-only'] },
  'libs/request-logs/downstream.ts': { source: "import '@keytrail/detection';", breaks: ['request-logs-never-imports-downstream'] },
  'libs/detection/downstream.ts': { source: "import '@keytrail/containment';", breaks: ['detection-never-imports-downstream'] },
  'libs/incidents/downstream.ts': { source: "import type { plan } from '@keytrail/containment'; export type Plan = typeof plan;", breaks: ['incidents-never-imports-downstream'] },
  'libs/containment/downstream.ts': { source: "import '@keytrail/leaks';", breaks: ['containment-never-imports-downstream'] },
  'libs/leaks/downstream.ts': { source: "import '@keytrail/alerting';", breaks: ['leaks-never-imports-downstream'] },
  'libs/alerting/contains.ts': { source: "import '@keytrail/containment';", breaks: ['alerting-knows-no-containment'] },
  'libs/credentials/stage.store.ts': { source: "import '@keytrail/request-logs';", breaks: ['services-never-import-stages'] },
  'libs/detection/deep.ts': { source: "import '../request-logs/row.js';", breaks: ['libs-by-their-name', 'libs-through-their-index'] },
  'libs/detection/relative.ts': { source: "import '../request-logs/index.js';", breaks: ['libs-by-their-name'] },
  'apps/api/deep.ts': { source: "import '../../libs/request-logs/row.js';", breaks: ['libs-by-their-name-from-outside', 'libs-through-their-index-from-outside'] },
  'test/deep.ts': { source: "import '../libs/request-logs/row.js';", breaks: ['libs-by-their-name-from-outside', 'libs-through-their-index-from-outside'] },
  ...Object.fromEntries(['@nestjs/common', 'pg', 'kysely', 'kafkajs', '@clickhouse/client', 'chdb', '@electric-sql/pglite'].map((name) => [
    `libs/detection/decides-with-${name.replace(/\W/g, '-')}.ts`,
    { source: `import '${name}';`, breaks: ['decisions-import-no-framework-nor-driver'] },
  ])),
  'libs/access/decides-with-a-type.ts': { source: "import type { Pool } from 'pg'; export type P = Pool;", breaks: ['decisions-import-no-framework-nor-driver'] },
  'libs/contracts/node.ts': { source: "import 'node:fs';", breaks: ['contracts-import-zod-only'] },
  'libs/contracts/lib.ts': { source: "import '@keytrail/platform';", breaks: ['contracts-import-zod-only'] },
  'libs/platform/uses-test.ts': { source: "import '../../test/support/builder.js';", breaks: ['production-imports-no-tests'] },
  'libs/platform/uses-spec.ts': { source: "import './port.spec.js';", breaks: ['production-imports-no-tests'] },
  'libs/platform/dev.ts': { source: "import 'fast-check';", breaks: ['production-imports-no-dev-dependencies'] },
  'libs/platform/undeclared.ts': { source: "import 'fastify';", breaks: ['dependencies-are-declared'] },
  'libs/platform/circle-back.ts': { source: "import './circle.js';", breaks: ['no-circles'] },
  'libs/platform/circle.ts': { source: "import './circle-back.js';", breaks: [] }, // a circle is named once
  'libs/platform/nowhere.ts': { source: "import './nowhere-at-all.js';", breaks: ['imports-resolve'] },
};

/** What eslint must say to a file. */
const lintOffenders: Record<string, { source: string; breaks: string[] }> = {
  'libs/platform/reads-env.ts': { source: "export const home = process.env.HOME ?? '';", breaks: ['no-restricted-properties'] },
  'libs/platform/imports-env.ts': { source: "import { env } from 'node:process'; export { env };", breaks: ['no-restricted-imports'] },
  'libs/platform/prints.ts': { source: "console.log('x');", breaks: ['no-console'] },
  'libs/platform/star.ts': { source: "export * from './port.js';", breaks: ['no-restricted-syntax'] },
  'libs/detection/asks-the-clock.ts': { source: 'export const age = (then: number): number => Date.now() - then;', breaks: ['no-restricted-syntax'] },
  'libs/access/makes-a-date.ts': { source: 'export const now = (): Date => new Date();', breaks: ['no-restricted-syntax'] },
  'apps/api/forgets.ts': { source: 'const send = async (): Promise<void> => undefined; export const run = (): void => { send(); };', breaks: ['@typescript-eslint/no-floating-promises'] },
  'apps/api/misuses.ts': { source: 'const ready = async (): Promise<boolean> => true; export const run = (): number => (ready() ? 1 : 0);', breaks: ['@typescript-eslint/no-misused-promises'] },
};

async function writeTree(dir: string, files: Record<string, string>): Promise<void> {
  for (const [path, source] of Object.entries(files)) {
    await mkdir(join(dir, dirname(path)), { recursive: true });
    await writeFile(join(dir, path), `${source}\n`);
  }
}

/** Runs a package's program in `cwd` and parses the JSON it prints; it may well exit with an error. */
function runForJson<T>(cwd: string, packageName: string, bin: string, args: string[]): Promise<T> {
  const program = join(project, 'node_modules', packageName, bin);
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args], { cwd, maxBuffer: 50_000_000 }, (_error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as T);
      } catch {
        reject(new Error(`${packageName} printed no JSON: ${stdout.slice(0, 500)} ${stderr.slice(0, 2_000)}`));
      }
    });
  });
}

async function brokenRules(cwd: string): Promise<Record<string, string[]>> {
  interface Cruise { summary: { violations: { from: string; rule: { name: string } }[] } }
  const { summary } = await runForJson<Cruise>(cwd, 'dependency-cruiser', 'bin/dependency-cruise.mjs', [
    '--config', '.dependency-cruiser.cjs', '--preserve-symlinks', '--output-type', 'json', 'apps', 'libs', 'test', 'examples',
  ]);
  return group(summary.violations.map(({ from, rule }) => [from, rule.name]));
}

async function lintProblems(cwd: string): Promise<Record<string, string[]>> {
  interface Linted { filePath: string; messages: { ruleId: string | null; message: string }[] }
  const results = await runForJson<Linted[]>(cwd, 'eslint', 'bin/eslint.js', ['--format', 'json', 'apps', 'libs', 'test', 'examples']);
  return group(results.flatMap(({ filePath, messages }) => messages.map(({ ruleId, message }): [string, string] => [filePath.slice(cwd.length + 1), ruleId ?? message])));
}

function group(pairs: [string, string][]): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [file, rule] of pairs) groups[file] = [...new Set([...(groups[file] ?? []), rule])].sort();
  return groups;
}

const expected = (table: typeof offenders): Record<string, string[]> => Object.fromEntries(
  Object.entries(table).filter(([, { breaks }]) => breaks.length > 0).map(([file, { breaks }]) => [file, breaks]),
);
const sources = (table: typeof offenders): Record<string, string> => Object.fromEntries(Object.entries(table).map(([file, { source }]) => [file, source]));

describe('the import rules', () => {
  let dir: TempDir;

  beforeAll(async () => {
    dir = await createTempDir('keytrail-import-rules-');
    for (const file of ['package.json', 'tsconfig.json', 'eslint.config.js', '.dependency-cruiser.cjs']) await copyFile(join(project, file), join(dir.path, file));
    await symlink(join(project, 'node_modules'), join(dir.path, 'node_modules'));
    await writeTree(dir.path, sound);
  });
  afterAll(() => dir.remove());

  it('let a sound tree pass, in dependency-cruiser and eslint', async () => {
    await expect(brokenRules(dir.path)).resolves.toEqual({});
    await expect(lintProblems(dir.path)).resolves.toEqual({});
  });

  it('name each offender among sound files', async () => {
    await writeTree(dir.path, sources(offenders));
    await expect(brokenRules(dir.path)).resolves.toEqual(expected(offenders));
  });

  it('have eslint refuse environment, clock, console and forgotten promises where they do not belong', async () => {
    await writeTree(dir.path, sources(lintOffenders));
    const problems = await lintProblems(dir.path);
    expect(Object.fromEntries(Object.entries(problems).filter(([file]) => file in lintOffenders))).toEqual(expected(lintOffenders));
  });
});
