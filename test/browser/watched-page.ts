import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { BrowserContext, Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What a page did that none of ours may do. */
export interface Misdeeds {
  /** What the content policy stopped. */
  violations: string[];
  /** Addresses of other hosts that were asked. */
  foreign: string[];
  /** Errors nobody caught. */
  errors: string[];
  /** Dialogs: a script of somebody else ran. */
  dialogs: string[];
}

/** A page whose misdeeds are noted from its first byte on. */
export async function watchedPage(context: BrowserContext, base: string): Promise<{ page: Page; misdeeds: Misdeeds }> {
  const page = await context.newPage();
  const misdeeds: Misdeeds = { violations: [], foreign: [], errors: [], dialogs: [] };
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) misdeeds.violations.push(message.text());
  });
  page.on('pageerror', (error) => misdeeds.errors.push(error.message));
  page.on('dialog', (dialog) => {
    misdeeds.dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !/^(?:data|blob):/.test(request.url())) misdeeds.foreign.push(request.url());
  });
  return { page, misdeeds };
}

interface AxeResults { violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[] }

/** What axe finds against WCAG 2.2 A and AA, as `rule: element`. Fonts and data must be there, and nothing must move any more. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })`);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 220)}`));
}

/** Pixels by which the page is wider than its window. */
export const overflow = (page: Page): Promise<number> => page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
