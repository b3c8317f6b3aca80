import { chromium, type Browser } from 'playwright-core';
import { describeWith } from './describe-with.js';
import { findChromium } from './find-programs.js';

// Without these, Chromium asks its maker's servers for news at every start.
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** A suite in a real browser: the Chromium or Chrome of this machine. */
export function describeWithBrowser(name: string, suite: () => void): void {
  describeWith({
    name: 'Chromium', missing: findChromium() === undefined ? 'there is no chromium on PATH' : undefined, howToGet: 'Install it (apt-get install chromium).', prepare: () => Promise.resolve(),
  }, name, suite);
}

export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath: findChromium()!, args: QUIET });
