import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { hash } from 'node:crypto';
import { NotABundle, readBundle } from './bundle-file.js';
import { type Bundle, openBundle } from './bundle.js';
import { verifyBundle } from './bundle-verify.js';
import { Ledger } from './history.double.js';
import { JSON_BEGIN, PAGE_VERSION, timelinePage } from './timeline.js';

const ID = 'cust_x';
const AT = '2024-05-01T10:00:00.000Z';

async function pageOf(bundle: Bundle): Promise<string> {
  let page = '';
  for await (const piece of timelinePage(bundle)) page += piece;
  return page;
}

async function pageFor(input: object, id = ID): Promise<string> {
  const ledger = new Ledger();
  await ledger.tell(id, { rule: 'profile', input: { created: true, ...input }, at: AT }, 1);
  await ledger.tell(id, { rule: 'order', input: { id: 'ord_1', status: 'PAID', amount: 4200 }, at: AT }, 1);
  const source = { store: ledger.store, keys: ledger.keyring };
  const bundle = await openBundle(source, { customer_id: id, made_at: AT, with_key: false });
  if (!bundle) throw new Error('there are no events');
  return pageOf(bundle);
}

const HOSTILE = [
  '<script>alert(1)</script>',
  '</script><img src=x onerror=alert(1)>',
  '<!--<script>',
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  '\u2028\u2029',
  '</title></style></pre></details>',
  '&lt;b&gt; &#60;b&#62;',
  '\u202Egnp.exe',
  '\ud800 alone',
  '${1+1} {{1+1}}',
  `${JSON_BEGIN}{}`,
];

describe.each(HOSTILE)('%j', (text) => {
  const told = { name: text, email: text, metadata: { [text]: text }, address: { city: text } };
  const tagsIn = (page: string): string[] => [...page.matchAll(/<!?\/?[a-zA-Z-]*/g)].map(([tag]) => tag).sort();

  test('adds no markup in any place', async () => {
    const harmless = text.replace(/[<>"'&]/g, '_');
    const tame = { name: harmless, email: harmless, metadata: { [harmless]: harmless }, address: { city: harmless } };
    expect(tagsIn(await pageFor(told))).toEqual(tagsIn(await pageFor(tame)));
    expect(tagsIn(await pageFor({}, text))).toEqual(tagsIn(await pageFor({}, harmless)));
  });

  test('survives the page unchanged, and the page verifies', async () => {
    const bytes = Buffer.from(await pageFor(told, `cust ${text}`));
    const { header, events } = readBundle(bytes);
    expect(header.document).toMatchObject(told);
    expect(events[0]?.opened).toMatchObject(told);
    expect(await verifyBundle(bytes)).toMatchObject({ valid: true, page: 'same' });
  });
});

describe('the page', () => {
  test('makes no request, and its policy allows only its own style', async () => {
    const page = await pageFor({ name: 'Ada' });
    expect(page.replace(/href="#r\d+"/g, '')).not.toMatch(/\b(?:src|href|action|srcset|url|@import|on\w+)\s*[=(]/i);
    const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
    const digest = Buffer.from(hash('sha256', style, 'hex'), 'hex').toString('base64');
    expect(policy.replaceAll('&#39;', "'")).toBe(
      `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`,
    );
    expect(page).not.toContain('style="');
    expect(page.match(/<script/g)).toHaveLength(1);
  });

  test('shows what each event changed, old and new', async () => {
    const page = await pageFor({ name: 'Ada' });
    const [, first = '', second = ''] = page.split('<li id=');
    expect(first).toContain('<code>/name</code></th><td></td><td><ins><bdi>Ada</bdi></ins>');
    expect(second).toContain(
      '<code>/summary<wbr>/orders<wbr>/total_amount</code></th><td><del><bdi>0</bdi></del></td>' +
        '<td><ins><bdi>4200</bdi></ins> <span class="note">+4200</span>',
    );
    expect(second).not.toContain('/name</code>');
  });

  test('with one changed letter in any place fails to verify', async () => {
    const page = await pageFor({ name: 'Ada' });
    for (const [before, after] of [
      ['<bdi>4200</bdi>', '<bdi>2400</bdi>'],
      ['<bdi>Ada</bdi>', '<bdi>Eve</bdi>'],
      ['default-src &#39;none&#39;', 'default-src *'],
      ['</html>\n', '</html>\n<p>and more</p>'],
      [JSON_BEGIN, `<p>before</p>${JSON_BEGIN}`],
    ] as const) {
      expect(page).toContain(before);
      expect(await verifyBundle(Buffer.from(page.replace(before, after)))).toMatchObject({
        valid: false,
        page: 'differs',
        problems: [{ what: 'the page does not match the events' }],
      });
    }
  });

  test('with any one changed byte fails to verify', async () => {
    const page = Buffer.from(await pageFor({ name: 'Ada' }));
    await fc.assert(
      fc.asyncProperty(fc.nat(page.length - 1), fc.integer({ min: 1, max: 255 }), async (place, change) => {
        const bytes = Buffer.from(page);
        bytes[place] = (bytes[place] ?? 0) ^ change;
        const verdict = await verifyBundle(bytes).catch((error: unknown) => error);
        if (!(verdict instanceof NotABundle)) expect(verdict).not.toMatchObject({ valid: true, page: 'same' });
      }),
      { numRuns: 1_000 },
    );
  });

  test('of another version is not verified and not valid', async () => {
    const page = (await pageFor({ name: 'Ada' })).replace(/(ledger-page" content=)"\d+"/, '$1"999"');
    expect(await verifyBundle(Buffer.from(page))).toMatchObject({
      valid: false,
      page: 'unknown',
      problems: [{ what: expect.stringContaining('another version') }],
    });
  });

  test('has another version after any change of its contents', async () => {
    const data = { id: 'ord_1', status: 'PAID', amount: 4200 };
    const metadata = { schema: 1, occurred_at: AT, recorded_at: AT, hash: 'a'.repeat(64), actor: { channel: 'API' } };
    const event = { stream: 'customer-x', revision: 0, position: '1', id: 'e', type: 'OrderPlaced', data, metadata };
    const page = await pageOf({
      header: {
        format: 'customer-ledger/bundle',
        version: 2,
        made_at: AT,
        store: 'store',
        customer_id: 'x',
        status: 'active',
        head: { revision: 0, hash: 'a'.repeat(64) },
        document: { id: 'x', name: 'Ada', summary: { orders: { total_amount: 4200 } } },
        keys: { k: 'AAAA' },
      },
      events: async function* () {
        yield { ...event, opened: data };
        yield { ...event, revision: 1, type: 'CustomerErased', data: {}, opened: {}, erased: true };
      },
    });
    // changed contents need a new PAGE_VERSION, so that older pages do not count as altered
    expect([PAGE_VERSION, hash('sha256', page, 'hex')]).toEqual([
      3,
      '249c394a2d1e14aa5ed7cded4bb7194651d50c3ef517b14080d6bedc27cfc1ed',
    ]);
  });
});
