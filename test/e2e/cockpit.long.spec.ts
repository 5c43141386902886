import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CockpitTokens } from '../../apps/service/src/cockpit/tokens.js';
import { COCKPIT_ENV, linkOf, settledCustomer } from '../support/cockpit.js';
import { type Answer, type CallOptions, KEYS, Service } from '../support/service.js';

const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');

let service: Service;
let id: string;
let link: string;

const visit = (query: string, headers: Record<string, string> = {}): Promise<Answer> =>
  service.call('GET', `/cockpit${query}`, { key: null, headers });

/** Sends a form as a browser does, and stays where it is. */
const send = (query: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${service.url}/cockpit${query}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { 'sec-fetch-site': 'same-origin', ...headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(30_000),
  });

/** The fields that the form of a consent on a page would send. */
function formOf(page: string, consent: string): Record<string, string> {
  const form = page.split('<form').find((part) => part.includes(`value="${consent}"`)) ?? '';
  return Object.fromEntries(
    [...form.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
}

const consentChanges = async (ref: string) =>
  (await service.call('GET', `/v1/customers/${ref}/history?type=ConsentChanged`, { key: KEYS.audit })).body.events;

beforeAll(async () => {
  service = await Service.start({ env: { ...COCKPIT_ENV, COCKPIT_TTL_S: '3600', LEDGER_MASTER_KEY: MASTER_KEY } });
  id = await settledCustomer(service);
  link = await linkOf(service, id);
});

afterAll(() => service.discard());

describe('the page', () => {
  test('shows what is known of the customer, and of no other', async () => {
    const { status, text } = await visit(link);
    expect(status).toBe(200);
    for (const shown of [
      'Ada Martin',
      'ada@example.test',
      '10 Dec',
      'Coffee club',
      'Gold',
      '1,340',
      '25.50',
      '2026-1023',
    ])
      expect(text).toContain(shown);
    expect(text).toContain('You have referred one person.');
    for (const hidden of ['Another Person', 'friend-1', 'cust_', 'camp_', '2026-1003<'])
      expect(text).not.toContain(hidden);
  });

  test('loads nothing, runs nothing, is kept nowhere', async () => {
    const { headers, text } = await visit(link);
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex, nofollow',
      'x-content-type-options': 'nosniff',
    });
    expect(text).not.toMatch(/<script|<img|<link|\son\w+=|style=|src=|https?:/);
  });

  test('writes figures and days as the reader does', async () => {
    const { text } = await visit(link, { 'accept-language': 'xx-not-one, de;q=0.9, en;q=0.5' });
    expect(text).toContain('1.340');
    expect(text).toContain('25,50');
    expect(text).toContain('lang="de"');
    expect((await visit(link, { 'accept-language': ';;,*,"><script>' })).text).toContain('1,340');
  });

  test('says hostile names instead of running them', async () => {
    const hostile = `</title><script>alert(1)</script>"'><img src=x onerror=alert(1)>&amp;`;
    const { body } = await service.call('POST', '/v1/customers', { body: { source_id: 'hostile', name: hostile } });
    await service.call('PUT', '/v1/customers/hostile/consents', { body: { [`"><b>c`]: true } });
    const { text } = await visit(await linkOf(service, body.id as string));
    expect(text).toContain(
      '&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#62;&#60;img src=x onerror=alert(1)&#62;&#38;amp;',
    );
    expect(text).toContain('&#34;&#62;&#60;b&#62;c');
    expect(text).not.toMatch(/<script|<img|<b>/);
  });
});

describe('a link', () => {
  test('that is wrong in any way gets one answer, byte for byte', async () => {
    const token = link.slice('?token='.length);
    const flipped = token.slice(0, -4) + (token.at(-4) === 'A' ? 'B' : 'A') + token.slice(-3);
    const wrong = [
      '',
      '?token=',
      `?token=${flipped}`,
      `${link}x`,
      `${link}&token=${token}`,
      '?token[a]=b',
      '?token=%00',
    ];
    const answers = await Promise.all(wrong.map((query) => visit(query)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 404, text: expect.stringContaining('This link does not work') });
    expect(answers[0]?.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('that ran out, or is of another installation, gets that answer too', async () => {
    const tokens = new CockpitTokens(Buffer.from(MASTER_KEY, 'base64'));
    const foreign = new CockpitTokens(Buffer.alloc(32, 8));
    const [now_ms, ttl_ms] = [Date.now(), 60_000];
    const links = [
      tokens.link(id, { now_ms, ttl_ms }),
      tokens.link(id, { now_ms: now_ms - ttl_ms, ttl_ms }),
      foreign.link(id, { now_ms, ttl_ms }),
    ];
    const answers = await Promise.all(links.map((token) => visit(`?token=${token}`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 404]);
    expect(answers[1]?.text).toBe((await visit('')).text);
    const own = tokens.openLink(link.slice('?token='.length), now_ms);
    expect(Number(own?.expires_at_ms) - Number(own?.issued_at_ms)).toBe(3_600_000);
  });

  test.each([
    ['deletion', 'DELETE', ''],
    ['erasure', 'POST', '/permanent-deletion'],
  ])('shows nothing after a %s, also when the id is now a source id', async (_, method, path) => {
    const name = `Gone ${method}`;
    const { body } = await service.call('POST', '/v1/customers', { body: { source_id: `gone-${method}`, name } });
    const theirs = await linkOf(service, body.id as string);
    const before = await visit(theirs);
    expect(before.text).toContain(name);
    expect((await service.call(method, `/v1/customers/${body.id}${path}`)).status).toBeLessThan(300);
    await service.call('POST', '/v1/customers', { body: { source_id: body.id, name: 'The next one' } });
    expect((await service.call('GET', `/v1/customers/${body.id}`)).body.name).toBe('The next one');
    expect((await send(theirs, formOf(before.text, 'cnst_calls'))).status).toBe(404);
    const after = await visit(theirs);
    expect(after).toMatchObject({ status: 404, text: (await visit('?token=x')).text });
  });

  test('is for keys that may change consents', async () => {
    const assets = async (key: CallOptions['key']) =>
      (await service.call('GET', `/v1/customers/${id}`, { ...(key && { key }) })).body.assets;
    for (const key of [KEYS.read, KEYS.audit]) expect(await assets(key)).toBeUndefined();
    for (const key of [KEYS.write, KEYS.admin]) expect(await assets(key)).toEqual({ cockpit_url: expect.any(String) });
  });

  test('is not there where no cockpit is set up', async () => {
    const other = await Service.start();
    try {
      expect((await other.call('GET', `/cockpit${link}`)).status).toBe(404);
    } finally {
      await other.discard();
    }
  });
});

describe('a choice', () => {
  test('is saved, shown at once, and kept with who made it and what they had read', async () => {
    const form = formOf((await visit(link)).text, 'cnst_calls');
    expect(form).toMatchObject({ given: 'true', wording: '1' });
    const answer = await send(link, form);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${link}&notice=saved#notice`]);
    expect([answer.headers.get('etag'), answer.headers.get('x-ledger-position')]).toEqual([null, null]);
    const { text } = await visit(`${link}&notice=saved`);
    expect(text).toMatch(/role="status"[^>]*>Your choice was saved/);
    expect(formOf(text, 'cnst_calls')).toMatchObject({ given: 'false' });
    expect((await consentChanges(id)).at(-1)).toMatchObject({
      actor: { channel: 'COCKPIT', key: 'cockpit' },
      data: { consents: { cnst_calls: true }, wordings: { cnst_calls: 1 } },
    });
    const { body } = await service.call('GET', `/v1/customers/${id}`);
    expect(body.system_metadata.consents).toMatchObject({ cnst_calls: { value: true } });

    await send(link, formOf(text, 'cnst_calls'));
    expect(formOf((await visit(link)).text, 'cnst_calls')).toMatchObject({ given: 'true' });
  });

  test('is not made by another site, an old page, another link, or for what is not on the page', async () => {
    const form = formOf((await visit(link)).text, 'cnst_calls');
    const other = formOf((await visit(await linkOf(service, id))).text, 'cnst_calls');
    const before = (await consentChanges(id)).length;
    const answers = [
      await send(link, form, { 'sec-fetch-site': 'cross-site' }),
      await send(link, form, { 'sec-fetch-site': 'same-site' }),
      await send(link, { ...form, form: other['form'] ?? '' }),
      await send(link, { ...form, form: '' }),
      await send(link, { ...form, consent: 'cnst_invented' }),
      await send(link, { ...form, consent: '__proto__' }),
      await send(link, { ...form, wording: '7' }),
      await send('?token=x', form),
    ];
    const places = answers.map(({ status, headers }) => [status, headers.get('location')?.split('notice=')[1]]);
    expect(places).toEqual([
      [403, undefined],
      [403, undefined],
      [303, 'late#notice'],
      [303, 'late#notice'],
      [303, 'reworded#notice'],
      [303, 'reworded#notice'],
      [303, 'reworded#notice'],
      [404, undefined],
    ]);
    expect(await consentChanges(id)).toHaveLength(before);
  });

  test('is heard from browsers that only name the origin', async () => {
    const { host } = new URL(service.url);
    const raw = new URLSearchParams(formOf((await visit(link)).text, 'cnst_calls')).toString();
    const statuses = ['null', `http://${host}`, 'https://evil.example', 'nonsense'].map(async (origin) => {
      const headers = { origin, 'content-type': 'application/x-www-form-urlencoded' };
      return (await fetchRaw(raw, headers)).status;
    });
    expect(await Promise.all(statuses)).toEqual([303, 303, 403, 403]);
  });

  test('takes forms here only, and small ones', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await service.call('POST', '/v1/customers', { raw: 'name=x', headers })).status).toBe(415);
    expect(
      (await service.call('POST', `/cockpit${link}`, { key: null, raw: 'a'.repeat(70_000), headers })).status,
    ).toBe(413);
  });
});

const fetchRaw = (raw: string, headers: Record<string, string>) =>
  fetch(`${service.url}/cockpit${link}`, { method: 'POST', body: raw, headers, redirect: 'manual' });

test('one address is not let in without end', async () => {
  const strict = await Service.start({ env: { ...COCKPIT_ENV, COCKPIT_PER_MINUTE: '3' } });
  try {
    const answers = [];
    for (let n = 0; n < 4; n++) answers.push(await strict.call('GET', '/cockpit?token=x', { key: null }));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 429]);
    expect(answers[3]?.text).toContain('Too many visits');
    expect(Number(answers[3]?.headers.get('retry-after'))).toBeGreaterThan(0);
  } finally {
    await strict.discard();
  }
});
