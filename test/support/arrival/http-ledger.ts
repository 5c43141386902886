import { expect } from '@jest/globals';
import { fact } from '../facts.js';
import { type Answer, KEYS, type Service } from '../service.js';
import { eventually } from '../wait.js';
import type { CloudEvent } from './histories.js';
import type { Ledger, Refused, View } from './observation.js';

const PAGE = 100;
/** Each is defined twice: evaluated when it is asked for, and kept up to date. */
const SEGMENTS = {
  spenders: { 'summary.orders.total_amount': { conditions: { $more_than: ['899'] } } },
  called_a: { name: { conditions: { $is: ['a'] } } },
  with_news: { 'system_metadata.consents.news.value': { conditions: { $is: ['true'] } } },
  referrers: { 'loyalty.referred_customers': { conditions: { $more_than: ['0'] } } },
} as const;

let sentinels = 0;

/** The service over HTTP. */
export class HttpLedger implements Ledger {
  refused: readonly Refused[] = [];

  constructor(private readonly service: Service) {}

  /** Defines the segments whose members are observed. */
  async prepare(): Promise<this> {
    for (const [name, filter] of Object.entries(SEGMENTS)) {
      for (const type of ['auto-update', 'passive']) {
        const body = { name: `${name} ${type}`, type, filter: { junction: 'and', ...filter } };
        expect((await this.service.call('POST', '/v1/segments', { body })).status).toBe(200);
      }
    }
    return this;
  }

  async take(facts: readonly CloudEvent[]): Promise<void> {
    const { status, body } = await this.service.facts(facts, KEYS.admin);
    expect(status).toBe(200);
    const results = body.results as { id: string; status: string; error?: { key: string } }[];
    const refused = results.filter((one) => one.status === 'rejected');
    this.refused = [...this.refused, ...refused.map(({ id, error }) => ({ id, key: error?.key ?? '' }))];
  }

  /** A referral is credited after all that were told before it, and its referrer enters a segment. */
  async settled(): Promise<void> {
    const [referee, referrer] = [`sentinel-${++sentinels}`, `sentinel-referrer-${sentinels}`];
    const said = { campaign: { id: 'c1' }, custom_event: { id: 'e' }, referrer: { source_id: referrer } };
    const sentinel = fact('customer.referred', '2024-01-01T00:00:00Z', { ...said, customer: { source_id: referee } });
    expect((await this.service.facts([sentinel], KEYS.admin)).body).toMatchObject({ accepted: 1 });
    await eventually(async () => {
      expect(await this.read('document', referrer)).toMatchObject({ loyalty: { referred_customers: 1 } });
      expect(await this.read('segments', referrer)).toEqual(['referrers auto-update', 'referrers passive']);
    });
  }

  async read(view: View, name: string): Promise<unknown> {
    const ref = encodeURIComponent(name);
    switch (view) {
      case 'document':
        return this.found(`/v1/customers/${ref}`);
      case 'segments':
        return ((await this.found(`/v1/customers/${ref}/segments`))?.data as { name: string }[])
          .map((one) => one.name)
          .sort();
      case 'activity':
      case 'redeemables':
        return this.scrolled(`/v1/customers/${ref}/${view}?limit=${PAGE}`);
      case 'orders':
      case 'redemptions':
        return this.paged(view, `/v1/${view}?customer=${ref}&limit=${PAGE}`);
    }
  }

  private async found(path: string): Promise<Answer['body']> {
    const { status, body } = await this.service.call('GET', path);
    if (status === 404) return undefined;
    expect(status).toBe(200);
    return body;
  }

  private async scrolled(path: string): Promise<unknown[]> {
    const all: unknown[] = [];
    for (let after = ''; ;) {
      const page = await this.found(path + after);
      all.push(...page.data);
      if (page.has_more !== true) return all;
      after = `&starting_after_id=${encodeURIComponent(page.more_starting_after as string)}`;
    }
  }

  private async paged(list: string, path: string): Promise<unknown[]> {
    const all: unknown[] = [];
    for (let page = 1; ; page++) {
      const answer = await this.found(`${path}&page=${page}`);
      all.push(...answer[list]);
      if (answer.has_more !== true) return all;
    }
  }
}
