import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { readSettings } from '@keytrail/platform';
import { ApiSettings } from '../apps/api/settings.js';
import { CollectorSettings } from '../apps/collector/settings.js';
import { DetectorSettings } from '../apps/detector/settings.js';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

interface Service {
  image?: string;
  build?: string;
  command?: string[];
  environment: Record<string, string | number>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
}

const composeText = read('docker-compose.yml');
const document = parseDocument(composeText, { merge: true, prettyErrors: true });
const compose = document.toJS() as { services: Record<string, Service>; volumes: Record<string, unknown> };
const services = Object.entries(compose.services);

const schemas = { api: ApiSettings, collector: CollectorSettings, detector: DetectorSettings };
const apps = Object.entries(schemas).map(([app, schema]) => ({ app, schema, service: compose.services[app]! }));

/** Values as someone would put them into .env. */
const secrets: Record<string, string> = {
  KEYTRAIL_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'), KEYTRAIL_ADMIN_TOKEN: 'a'.repeat(48), CLICKHOUSE_PASSWORD: 'b'.repeat(48),
  POSTGRES_PASSWORD: 'c'.repeat(48),
};

const VARIABLE = /\$\{([A-Z_]+)(:\?[^}]+)?\}/g;
const variablesOf = (text: string) => [...text.matchAll(VARIABLE)].map(([, name = '', required]) => ({ name, required: required !== undefined }));
const filledIn = (environment: Service['environment']): Record<string, string> => Object.fromEntries(Object.entries(environment)
  .map(([name, value]) => [name, String(value).replace(VARIABLE, (_, variable: string) => secrets[variable] ?? '')]));

interface Instruction {
  name: string;
  rest: string;
}

/** Instructions in order; lines that end in a backslash go on. */
const dockerfile: Instruction[] = read('Dockerfile').replace(/^#.*\n/gm, '').replace(/\\\n\s*/g, ' ').split('\n').filter((line) => line.trim() !== '')
  .map((line) => ({ name: line.slice(0, line.indexOf(' ')), rest: line.slice(line.indexOf(' ') + 1).trim() }));
const instructions = (name: string) => dockerfile.filter((instruction) => instruction.name === name).map(({ rest }) => rest);
const stages = instructions('FROM').map((rest) => /^(?<image>\S+)(?: AS (?<name>\S+))?$/.exec(rest)!.groups!);
const projects = Object.keys((JSON.parse(read('nest-cli.json')) as { projects: object }).projects);

/** `node dist/apps/<project>/main.js` */
const projectOf = (command: readonly string[] | undefined) => /^node dist\/apps\/([a-z]+)\/main\.js$/.exec(command?.join(' ') ?? '')?.[1];

describe('docker-compose.yml', () => {
  it('is YAML without errors and warnings', () => {
    expect([...document.errors, ...document.warnings].map(String)).toEqual([]);
  });

  it.each(apps)('gives $app only settings that it knows, and all that it needs', ({ schema, service }) => {
    const environment = filledIn(service.environment);
    expect(Object.keys(environment).filter((name) => !(name in schema.shape))).toEqual([]);
    expect(readSettings(schema, environment)).toMatchObject({ KEYTRAIL_MASTER_KEY: secrets['KEYTRAIL_MASTER_KEY'] });
  });

  it.each(apps)('starts $app from its own bundle', ({ app, service }) => {
    expect(projectOf(service.command)).toBe(app);
    expect(projects).toContain(app);
  });

  it('names no secret, and starts nothing while one is missing', () => {
    const variables = variablesOf(composeText);
    expect(variables.filter(({ required }) => !required)).toEqual([]);
    expect(new Set(variables.map(({ name }) => name))).toEqual(new Set(Object.keys(secrets)));
    expect(composeText.match(/\$/g)).toHaveLength(variables.length);
  });

  it('has every variable that it needs, and no other, in .env.example, without a value', () => {
    const lines = read('.env.example').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines.sort()).toEqual(Object.keys(secrets).map((name) => `${name}=`).sort());
  });

  it('leads every URL, broker and health check to a service, with the user and the database that it makes', () => {
    for (const { service } of apps) {
      const environment = filledIn(service.environment);
      const clickhouse = new URL(environment['KEYTRAIL_CLICKHOUSE_URL']!);
      expect([clickhouse.hostname, clickhouse.port]).toEqual(['clickhouse', '8123']);
      const postgres = new URL(environment['KEYTRAIL_POSTGRES_URL']!);
      expect([postgres.hostname, postgres.port]).toEqual(['postgres', '5432']);
      for (const [url, prefix] of [[clickhouse, 'CLICKHOUSE'], [postgres, 'POSTGRES']] as const) {
        const server = filledIn(compose.services[url.hostname]!.environment);
        expect([server[`${prefix}_USER`], server[`${prefix}_PASSWORD`], server[`${prefix}_DB`]])
          .toEqual([url.username, url.password, url.pathname.slice(1)]);
      }
    }
    const kafka = compose.services['kafka']!.environment;
    expect(kafka['KAFKA_ADVERTISED_LISTENERS']).toBe(`PLAINTEXT://${compose.services['collector']!.environment['KEYTRAIL_KAFKA_BROKERS']}`);
    for (const [name, { healthcheck }] of services) {
      const host = /(?:\/\/| )([a-z]+):\d+/.exec(healthcheck?.test.join(' ') ?? '')?.[1];
      expect(host ?? name).toBe(name);
    }
  });

  it('starts what depends on a store when the store is healthy', () => {
    for (const [, service] of services) {
      for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(Object.keys(compose.services)).toContain(name);
        expect(condition).toBe('service_healthy');
      }
    }
    expect(apps.map(({ service }) => Object.keys(service.depends_on ?? {}))).toEqual([
      ['clickhouse', 'postgres'], ['clickhouse', 'kafka', 'postgres'], ['clickhouse', 'postgres'],
    ]);
  });

  it('keeps the data of every store in a volume of its own', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]));
    expect(mounted.sort()).toEqual(Object.keys(compose.volumes).sort());
    expect(services.filter(([, { image }]) => image !== undefined).map(([name]) => name).sort()).toEqual(mounted);
    expect(compose.services['kafka']!.volumes).toEqual([`kafka:${compose.services['kafka']!.environment['KAFKA_LOG_DIRS']}`]);
  });

  it('publishes the API on loopback and nothing else', () => {
    expect(services.flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`))).toEqual(['api 127.0.0.1:8080:8080']);
  });

  it('checks the health of every service', () => {
    const ofImage = instructions('HEALTHCHECK').length > 0;
    expect(services.filter(([, { healthcheck, build }]) => healthcheck === undefined && !(build !== undefined && ofImage))).toEqual([]);
  });

  it('pins every image to a version', () => {
    const images = [...services.flatMap(([, { image }]) => image ?? []), ...stages.map(({ image }) => image!)];
    expect(images.filter((image) => !/:\d[\w.-]*$/.test(image))).toEqual([]);
    expect(services.filter(([, { image, build }]) => (image === undefined) === (build === undefined))).toEqual([]);
  });
});

describe('the Dockerfile', () => {
  const copies = instructions('COPY').map((rest) => {
    const [, from, paths = ''] = /^(?:--from=(\S+) )?(.+)$/.exec(rest)!;
    return { from, sources: paths.split(' ').slice(0, -1) };
  });

  it('copies files that exist and that .dockerignore lets through, and nothing else is let through', () => {
    const sources = copies.filter(({ from }) => from === undefined).flatMap(({ sources: paths }) => paths);
    expect(sources.filter((path) => !existsSync(fileURLToPath(new URL(path, root))))).toEqual([]);
    const [everything, ...exceptions] = read('.dockerignore').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(everything).toBe('*');
    expect(exceptions.sort()).toEqual(sources.map((path) => `!${path}`).sort());
  });

  it('takes from earlier stages what they make', () => {
    const made = ['/app/package.json', '/app/node_modules', '/app/dist'];
    for (const { from, sources } of copies.filter((copy) => copy.from !== undefined)) {
      expect(stages.map(({ name }) => name)).toContain(from);
      expect(made).toEqual(expect.arrayContaining(sources));
    }
    expect(instructions('RUN')).toEqual(expect.arrayContaining(['npm ci', 'npx nest build standalone collector detector api cli && npx vite build apps/dashboard && npm prune --omit=dev']));
  });

  it('runs a built app, not as root, and listens where Docker can reach it', () => {
    expect(projects).toContain(projectOf(JSON.parse(instructions('CMD').at(-1)!) as string[]));
    expect(dockerfile.findLastIndex(({ name }) => name === 'USER')).toBeGreaterThan(dockerfile.findLastIndex(({ name }) => name === 'FROM'));
    expect(instructions('USER').at(-1)).toBe('node');
    expect(instructions('ENV').join(' ')).toContain('KEYTRAIL_HOST=0.0.0.0');
    expect(instructions('ENV').join(' ')).toContain('UV_THREADPOOL_SIZE=16');
  });

  it('runs on the Node that package.json asks for', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    const major = /\d+/.exec(engines.node)![0];
    expect(stages.map(({ image }) => image)).toEqual(stages.map(() => `node:${major}-slim`));
  });
});
