import { afterAll, beforeAll, expect, test } from '@jest/globals';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { browserSuite, openBrowser } from '../support/browser.js';
import { COCKPIT_ENV, linkOf, settledCustomer, wordyCustomer } from '../support/cockpit.js';
import { KEYS, Service } from '../support/service.js';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const SIZES = {
  wide: { width: 1280, height: 900 },
  phone: { width: 390, height: 844 },
  narrow: { width: 320, height: 640 },
};

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

browserSuite('the cockpit in a browser', () => {
  let service: Service;
  let browser: Browser;
  let url: string;
  let wordy: string;

  beforeAll(async () => {
    service = await Service.start({ env: COCKPIT_ENV });
    browser = await openBrowser();
    url = `${service.url}/cockpit${await linkOf(service, await settledCustomer(service))}`;
    wordy = `${service.url}/cockpit${await linkOf(service, await wordyCustomer(service))}`;
  });

  afterAll(async () => {
    await browser.close();
    await service.discard();
  });

  /** A page without scripts, and the addresses that it asked for. */
  async function opened(options: Parameters<Browser['newContext']>[0] = {}) {
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB', ...options });
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(url);
    return { context, page, asked, complaints };
  }

  const row = (page: Page, name: string) => page.getByRole('listitem').filter({ hasText: name });

  test('a customer gives a consent and withdraws it with the keyboard alone, without scripts', async () => {
    const { context, page, asked, complaints } = await opened();
    for (const [button, state] of [
      ['Give consent to Phone calls', 'Given,'],
      ['Withdraw Phone calls', 'Not given,'],
    ] as const) {
      await page.getByRole('button', { name: button, exact: true }).focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(/notice=saved/);
      await expect(page.getByRole('status').innerText()).resolves.toBe('Your choice was saved.');
      await expect(row(page, 'Phone calls').innerText()).resolves.toContain(state);
      await page.goto(url);
    }
    expect(asked.filter((one) => new URL(one).host !== new URL(url).host)).toEqual([]);
    expect(complaints).toEqual([]);
    // the policy lets the page's own style in
    expect(await page.evaluate(`getComputedStyle(document.querySelector('.figures')).display`)).toBe('flex');
    await context.close();
  });

  test.each(['light', 'dark'] as const)('it is accessible: axe, %s, three widths', async (colorScheme) => {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const { context, page } = await opened({ javaScriptEnabled: true, bypassCSP: true, colorScheme, viewport });
      for (const place of [url, `${url}&notice=saved`, `${url}&notice=late`, wordy, `${service.url}/cockpit?token=x`]) {
        await page.goto(place);
        expect(await violations(page)).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      }
      await page.goto(url);
      // for people to look at
      const directory = process.env['COCKPIT_PICTURES'];
      if (directory) await page.screenshot({ path: `${directory}/cockpit-${size}-${colorScheme}.png`, fullPage: true });
      await context.close();
    }
  });

  test('the description of the API fits as well, all of it opened', async () => {
    const httpCredentials = { username: KEYS.read.app_id, password: KEYS.read.token };
    const { context, page } = await opened({
      javaScriptEnabled: true,
      bypassCSP: true,
      httpCredentials,
      viewport: SIZES.phone,
    });
    await page.goto(`${service.url}/docs`);
    await page.evaluate(`document.querySelectorAll('details').forEach((one) => (one.open = true))`);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await context.close();
  });

  test('no word or figure breaks where it has no gap, and days read as the locale writes them', async () => {
    const { context, page } = await opened({
      javaScriptEnabled: true,
      bypassCSP: true,
      locale: 'ar',
      viewport: SIZES.phone,
    });
    await page.goto(wordy);
    for (const which of ['.status', '.number', '.figures dd']) {
      const lines = await page.evaluate(`[...document.querySelectorAll('${which}')].map(${ONE_LINE})`);
      expect(lines).toEqual((lines as boolean[]).map(() => true));
    }
    // figures and strokes have no direction of their own: next to ours they would change places
    expect(
      await page.evaluate(`[...document.querySelectorAll('time')].map((one) => getComputedStyle(one).unicodeBidi)`),
    ).toEqual(Array(4).fill('isolate'));
    await context.close();
  });
});

/** True when an element's text is on one line. */
const ONE_LINE = `(element) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  return new Set([...range.getClientRects()].map(({ bottom }) => Math.round(bottom))).size === 1;
}`;

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<Violation[]>(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) => violations)`,
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
