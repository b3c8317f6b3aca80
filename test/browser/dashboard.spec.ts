import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, afterEach, expect, it } from '@jest/globals';
import type { CreatedApiKey, Incident, IncidentPage, OpenSession } from '@keytrail/contracts';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { buildStandalone } from '../support/app-process.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { describeWithBrowser, launchBrowser } from '../support/browser.js';
import { registryOf } from '../support/registry.js';
import { nativeLine, ndjson } from '../support/request-lines.js';
import { accessibilityProblems, overflow, watchedPage, type Misdeeds } from './watched-page.js';

const dashboard = fileURLToPath(new URL('../../dist/apps/dashboard', import.meta.url));
const MOST_SCRIPT_BYTES = 300_000;
const PHONE = { width: 375, height: 812 };
const attack = `<img src=x onerror=alert(1)>'"><script>alert(2)</script>`;

describeWithBrowser('the dashboard in a browser', () => {
  let app: TestApp;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let misdeeds: Misdeeds;
  let viewer: string;

  beforeAll(async () => {
    await buildStandalone();
    app = await startTestApp({}, { dashboard });
    browser = await launchBrowser();
    await app.call('/v1/workspaces', { body: { workspace_id: 'shop', name: 'Shop', environment: 'production' } });
    viewer = await registryOf(app).token('viewer');
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
    ({ page, misdeeds } = await watchedPage(context, app.url));
    page.setDefaultTimeout(15_000);
  });
  // Whatever a test did: no script of strangers ran, nothing was asked of other hosts, nothing had to be stopped.
  afterEach(async () => {
    await context.close();
    expect(misdeeds).toEqual({ violations: [], foreign: [], errors: [], dialogs: [] });
  });

  let keys = 0;
  /** A key of the shop that a stranger abuses from an address of its own, and its incident. */
  async function stolenKey(name: string, fields: Record<string, unknown> = {}): Promise<{ key: CreatedApiKey; incident: Incident; stranger: string }> {
    keys += 1;
    const stranger = `203.0.${keys}.9`;
    const key = await registryOf(app).key({ workspace: 'shop', name });
    const line = (at: number, more: Record<string, unknown>) => nativeLine({ request_id: `stolen-${keys}-${at}`, key_id: key.key_id, gateway_node: 'gw-1', ...more });
    const old = Date.now() - 3_600_000;
    const usual = Array.from({ length: 30 }, (_, at) => line(100 + at, { address: `198.51.${keys}.1`, time: new Date(old + at * 1_000).toISOString() }));
    const abuse = Array.from({ length: 40 }, (_, at) => line(at, { status: at % 4 === 0 ? 200 : 403, address: stranger, ...fields }));
    await app.call('/v1/request-logs?workspace=shop', { body: ndjson([...usual, ...abuse]) });
    await app.detect();
    const { body } = await app.call<IncidentPage>(`/v1/incidents?key_id=${key.key_id}`);
    return { key, stranger, incident: (await app.call<Incident>(`/v1/incidents/${body.data[0]!.incident_id}`)).body };
  }

  const open = (path: string) => page.goto(`${app.url}${path}`);
  async function signIn(token = app.adminToken): Promise<void> {
    await page.getByLabel('Access token', { exact: true }).fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Pages' }).or(page.getByLabel('Open the menu')).first().waitFor();
  }

  it('leads from the link of an alert to a contained key, and shows whether it took hold', async () => {
    const { key, incident, stranger } = await stolenKey('payments-production');
    const began = performance.now();
    await open(`/incidents/${incident.incident_id}`);
    await signIn();
    await page.getByRole('heading', { level: 1, name: incident.title }).waitFor();
    await page.getByRole('region', { name: 'What to do' }).getByRole('button', { name: 'Revoke and replace' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('The old key cannot be brought back.').waitFor();
    await dialog.getByLabel('Reason').fill('Used by strangers');
    expect(await dialog.getByRole('button', { name: 'Revoke and replace' }).isDisabled()).toBe(true);
    await dialog.getByLabel(/Type payments-production/).fill('payments-production');
    await dialog.getByRole('button', { name: 'Revoke and replace' }).click();
    const secret = await dialog.getByText(/^kt_/).textContent();
    process.stderr.write(`From the link of an alert to a contained key: ${Math.round(performance.now() - began)} ms\n`);
    expect((await app.call<CreatedApiKey>(`/v1/api-keys/${key.key_id}`)).body).toMatchObject({ state: 'revoked', revoke_reason: 'Used by strangers' });
    expect((await app.call('/v1/introspect', { body: { token: secret } })).body).toMatchObject({ active: true });

    expect(await dialog.getByRole('button', { name: 'See whether it took hold' }).isDisabled()).toBe(true);
    await dialog.getByLabel('I have stored it').check();
    await dialog.getByRole('button', { name: 'See whether it took hold' }).click();
    await page.getByText('Waiting for a request with the old key').waitFor();
    const refused = nativeLine({ request_id: 'after', key_id: key.key_id, status: 401, address: stranger, gateway_node: 'gw-1', time: new Date().toISOString() });
    await app.call('/v1/request-logs?workspace=shop', { body: refused });
    await page.getByText('Proven: every gateway node refuses the old key').waitFor();
    await page.getByText('contained', { exact: true }).first().waitFor();
    expect(await page.content()).not.toContain(secret);
  });

  it('asks who is not signed in, at whatever address, and says what is wrong with a bad token', async () => {
    await open('/requests?outcome=forbidden');
    await page.getByLabel('Access token', { exact: true }).fill('kt_access_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This token is not good').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await signIn();
    await page.getByRole('heading', { level: 1, name: 'Requests' }).waitFor();
    expect(new URL(page.url()).searchParams.get('outcome')).toContain('forbidden');
  });

  it('keeps the session out of reach of scripts, and asks again once it was ended elsewhere', async () => {
    await open('/incidents');
    await signIn();
    await page.getByRole('heading', { level: 1, name: 'Incidents' }).waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
    const { body } = await app.call<{ data: OpenSession[] }>('/v1/sessions');
    for (const { session_id } of body.data) await app.call(`/v1/sessions/${session_id}`, { method: 'DELETE' });
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in to Keytrail' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/incidents');
  });

  it('shows a viewer what happened and nothing that they may not do', async () => {
    const { incident } = await stolenKey('search-production');
    await open(`/incidents/${incident.incident_id}`);
    await signIn(viewer);
    await page.getByText('Your role may not revoke keys').waitFor();
    for (const name of ['Revoke and replace', 'Acknowledge', 'Add note', 'Bundle']) expect([name, await page.getByRole('button', { name }).or(page.getByRole('link', { name })).count()]).toEqual([name, 0]);
  });

  it('shows what strangers wrote as text, wherever they wrote it', async () => {
    const { incident } = await stolenKey(`stolen ${attack}`.slice(0, 100), { user_agent: attack, path: `/x?${attack}`, route: `/${attack}`.slice(0, 200) });
    await app.call(`/v1/incidents/${incident.incident_id}`, { method: 'PATCH', body: { note: attack } });
    await open(`/incidents/${incident.incident_id}`);
    await signIn();
    await page.getByText(attack).first().waitFor();
    await open('/requests?range=1h');
    await page.getByRole('grid', { name: 'Requests' }).getByText(attack).first().waitFor();
    await open('/keys');
    await page.getByText(/stolen <img src=x/).first().waitFor();
  });

  it('finds a request by its id, and leaves out what is clicked away', async () => {
    const { stranger, incident } = await stolenKey('orders-production');
    const wanted = incident.evidence[0]!.evidence.request_ids[0]!;
    await open('/requests?range=24h');
    await signIn();
    const grid = page.getByRole('grid', { name: 'Requests' });
    await page.getByLabel('Add a filter').fill(wanted);
    await page.keyboard.press('Enter');
    await page.getByText('1 request', { exact: true }).waitFor();
    await grid.getByRole('row').nth(1).click();
    await page.getByRole('dialog').getByText(wanted, { exact: true }).first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByLabel(`Remove Request id ${wanted}`).click();
    await grid.getByRole('button', { name: stranger }).first().click({ modifiers: ['Alt'] });
    await page.getByText('Address is not').waitFor();
    expect(new URL(page.url()).searchParams.get('not_address')).toContain(stranger);
    await grid.getByRole('button', { name: stranger }).first().waitFor({ state: 'detached' });
    await page.goBack();
    await grid.getByRole('button', { name: stranger }).first().waitFor();
  });

  it.each(['light', 'dark'] as const)('is accessible (WCAG AA) on every page, in %s', async (colorScheme) => {
    const { incident } = await stolenKey(`catalog-${colorScheme}`);
    await page.emulateMedia({ colorScheme });
    await open('/');
    await signIn();
    for (const [path, heading] of [['/', 'Overview'], ['/incidents', 'Incidents'], [`/incidents/${incident.incident_id}`, incident.title], ['/requests', 'Requests'], ['/keys', 'Keys']] as const) {
      await open(path);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
      expect([path, await accessibilityProblems(page)]).toEqual([path, []]);
    }
  });

  it('works at the width of a phone, without scrolling sideways', async () => {
    const { incident } = await stolenKey('mobile-production');
    await page.setViewportSize(PHONE);
    await open(`/incidents/${incident.incident_id}`);
    await signIn();
    const act = page.getByRole('region', { name: 'What to do' }).getByRole('button', { name: 'Revoke and replace' });
    await act.waitFor();
    expect(await overflow(page)).toBe(0);
    await act.click();
    await page.getByRole('dialog').getByText('The old key cannot be brought back.').waitFor();
    expect(await overflow(page)).toBe(0);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('loads an incident with at most 300 kB of script, gzip, and keeps it for the next time', async () => {
    const { incident } = await stolenKey('slim-production');
    const scripts = new Set<string>();
    page.on('response', (response) => {
      if (/\/assets\/.*\.js$/.test(response.url())) {
        scripts.add(new URL(response.url()).pathname);
        expect(response.headers()['cache-control']).toBe('public, max-age=31536000, immutable');
      }
    });
    await open(`/incidents/${incident.incident_id}`);
    await signIn();
    await page.getByRole('heading', { level: 1, name: incident.title }).waitFor();
    const bytes = [...scripts].reduce((sum, path) => sum + statSync(`${dashboard}${path}.gz`).size, 0);
    process.stderr.write(`Script of an incident's first load: ${bytes} bytes gzip in ${scripts.size} files\n`);
    expect(scripts.size).toBeGreaterThan(1);
    expect(bytes).toBeLessThan(MOST_SCRIPT_BYTES);
  });

  it('answers deep links with the page, unknown files and API paths with 404, and lets nothing of it be framed', async () => {
    const html = { accept: 'text/html' };
    for (const path of ['/', '/incidents/inc_1', '/requests?range=1h', '/no/such/page']) {
      const answer = await app.call<string>(path, { token: null, headers: html });
      expect([path, answer.status, answer.headers.get('cache-control')]).toEqual([path, 200, 'no-store']);
      const policy = answer.headers.get('content-security-policy')!;
      expect(policy).toContain("default-src 'none'; script-src 'self'; ");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
      const nonce = /'nonce-([^']+)'/.exec(policy)![1]!;
      expect(answer.body).toContain(`nonce="${nonce}"`);
      expect(answer.body).not.toContain('__CSP_NONCE__');
    }
    const [one, other] = [await app.call('/', { token: null, headers: html }), await app.call('/', { token: null, headers: html })];
    expect(one.headers.get('content-security-policy')).not.toBe(other.headers.get('content-security-policy'));
    for (const path of ['/v1/nothing', '/assets/nothing.js', '/health/nothing', '/assets/..%2findex.html']) {
      const answer = await app.call(path, { headers: html });
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([path, 404, expect.stringContaining('json')]);
    }
    expect((await app.call('/incidents', { token: null, headers: { accept: 'application/json' } })).status).toBe(404);
    expect((await app.call('/incidents', { method: 'POST', body: {} })).status).toBe(404);
    expect(existsSync(`${dashboard}/index.html`)).toBe(true);
  });
});
