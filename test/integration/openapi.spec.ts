import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CreateApiKey, RequestLogQuery } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';

interface Schema { $ref?: string; properties?: Record<string, Schema> }
interface Operation {
  operationId: string; summary?: string; security?: object[];
  parameters: { name: string; in: string; required: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}
interface Document { openapi: string; info: { title: string; version: string }; paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } }

/** Lists of what belongs to no workspace. */
const OF_THE_ACCOUNT = ['get /v1/audit/checkpoints'];

describe('the description of the API', () => {
  let app: TestApp;
  let document: Document;
  let operations: [string, Operation][];
  beforeAll(async () => {
    app = await startTestApp();
    const answer = await app.call<Document>('/openapi.json', { token: null });
    expect(answer.headers.get('content-type')).toContain('application/json');
    document = answer.body;
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]));
  });
  afterAll(() => app.stop());

  const v1 = () => operations.filter(([name]) => name.includes(' /v1/'));

  it('is OpenAPI 3.1 whose every $ref leads somewhere', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Keytrail', version: 'test' } });
    const refs = new Set<string>();
    JSON.stringify(document, (key, value: unknown) => {
      if (key === '$ref') refs.add(String(value));
      return value;
    });
    expect(refs.size).toBeGreaterThan(40);
    const target = (ref: string) => ref.slice(2).split('/').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
    expect([...refs].filter((ref) => !ref.startsWith('#/') || target(ref) === undefined)).toEqual([]);
  });

  it('has schemas of JSON Schema 2020-12, without what OpenAPI 3.0 had of its own', () => {
    const old: string[] = [];
    JSON.stringify(document, (key, value: unknown) => {
      if (key === 'nullable' || (/^exclusive/.test(key) && typeof value === 'boolean') || key === '$defs') old.push(key);
      return value;
    });
    expect(old).toEqual([]);
  });

  it('names every operation once and says what it does', () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(operations.filter(([, { summary }]) => !summary).map(([name]) => name)).toEqual([]);
  });

  it('names every parameter, those of the path among them, once', () => {
    for (const [name, { parameters }] of operations) {
      expect([name, parameters.filter((one) => !one.name || !one.in || Object.keys(one.schema).length === 0)]).toEqual([name, []]);
      expect([name, parameters.filter((one) => one.in === 'path').map((one) => `{${one.name}}`)]).toEqual([name, name.match(/\{\w+\}/g) ?? []]);
      expect([name, new Set(parameters.map((one) => `${one.in} ${one.name}`)).size]).toEqual([name, parameters.length]);
    }
  });

  it('lists the fields of each query as they are checked', () => {
    const queryOf = (path: string) => document.paths[path]!['get']!.parameters.filter((one) => one.in === 'query');
    expect(queryOf('/v1/request-logs').map(({ name }) => name).sort()).toEqual(Object.keys(RequestLogQuery.shape).sort());
    for (const [name, operation] of v1()) {
      if (operation.responses['200']?.content?.['application/json']?.schema.$ref?.endsWith('Page') && !name.includes('{')) {
        expect([name, operation.parameters.map((one) => one.name)]).toEqual([name, expect.arrayContaining(['limit', 'cursor', ...(OF_THE_ACCOUNT.includes(name) ? [] : ['workspace'])])]);
      }
    }
    expect(queryOf('/v1/api-keys').find(({ name }) => name === 'limit')).toMatchObject({ required: false, schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 } });
  });

  it('has a schema for every answer and every body', () => {
    for (const [name, { responses, requestBody }] of v1()) {
      const good = Object.entries(responses).filter(([status]) => Number(status) < 400);
      expect([name, good.length]).toEqual([name, 1]);
      const [status, response] = good[0]!;
      // What sends a browser elsewhere says nothing itself.
      if (status !== '204' && !status.startsWith('3')) expect([name, Object.values(response.content ?? {})[0]?.schema.$ref]).toEqual([name, expect.stringMatching(/^#\/components\/schemas\//)]);
      // Signing in: the token in the header says all.
      if (/^(post|patch)/.test(name) && name !== 'post /v1/session') expect([name, requestBody?.content['application/json']?.schema]).toEqual([name, expect.anything()]);
    }
    expect(Object.keys(document.components.schemas['CreateApiKey']!.properties!).sort()).toEqual(Object.keys(CreateApiKey.shape).sort());
  });

  it('tells of refusals as problem+json, and who needs a token', () => {
    for (const [name, { responses, security }] of operations) {
      const problems = Object.entries(responses).filter(([status]) => !/^[23]/.test(status));
      for (const [, { content }] of problems) expect([name, content]).toEqual([name, { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }]);
      expect([name, responses]).toEqual([name, expect.objectContaining({ default: expect.anything() })]);
      expect([name, security]).toEqual([name, /^get \/health|jwks\.json$|^get \/v1\/session\/(?:methods|oidc)|^post \/v1\/leaks\/github$/.test(name) ? [{}] : [{ bearer: [] }]]);
    }
  });

  it('can be browsed at /docs, from this host alone', async () => {
    for (const page of ['/docs', '/docs/']) {
      const answer = await app.call<string>(page, { token: null });
      expect(answer).toMatchObject({ status: 200 });
      expect(answer.headers.get('content-type')).toContain('text/html');
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
      const assets = [...answer.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => new URL(url!, `${app.url}${page}`));
      expect(assets.length).toBeGreaterThan(3);
      for (const asset of assets) {
        expect(asset.origin).toBe(app.url);
        expect([asset.pathname, (await app.call(asset.pathname, { token: null })).status]).toEqual([asset.pathname, 200]);
      }
    }
    const init = await app.call<string>('/docs/swagger-ui-init.js', { token: null });
    expect(init.body).toContain('/v1/api-keys/{key_id}/revoke-and-replace');
    expect(init.body).not.toMatch(/petstore|https?:\/\//);
  });

  it('serves nothing from outside its folder', async () => {
    for (const path of ['/docs/..%2fpackage.json', '/docs/%2e%2e/%2e%2e/package.json', '/docs/../../etc/passwd', '/docs/....//package.json']) {
      expect([path, (await app.call(path, { token: null })).status]).not.toEqual([path, 200]);
    }
  });
});
