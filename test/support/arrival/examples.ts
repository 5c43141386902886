import { expect } from '@jest/globals';
import { type Answer, KEYS, type Service } from '../service.js';
import { eventually } from '../wait.js';
import type { CloudEvent } from './histories.js';
import { prefixed } from './observation.js';

const LOOKS_MAX = 5;
/** Generated ids of customers, and addresses that hold them. */
const GENERATED = /cust_[0-9A-Za-z]{24}|https?:[^"]*/g;

let facts = 0;
let prefixes = 0;

/** `@5`: five seconds past ten. */
export const at = (second: number | string): string =>
  typeof second === 'string' ? second : `2024-05-01T10:00:${String(second).padStart(2, '0')}Z`;

/** So many seconds from now. */
export const ahead = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();

/** A fact of an example; `by` is its source, and its sequence if it has one: `A2`. Names begin with `~`. */
export function told(type: string, time: number | string, data: object, by = 'A'): CloudEvent {
  const [, source = 'A', sequence] = /^([A-Z])(\d+)?$/.exec(by) ?? [];
  const id = `~e${++facts}`;
  const said = { ...data };
  return {
    specversion: '1.0',
    id,
    source: `/${source}`,
    type,
    time: at(time),
    ...(sequence !== undefined && { sequence }),
    datacontenttype: 'application/json',
    data: said,
  };
}

/** `A2 m:true @5`: source A says with sequence 2 that metadata `m` is true. */
export function statement(text: string): CloudEvent {
  const { by, key, value, time } = parts(text);
  return told('customer.updated', time, { source_id: '~ada', metadata: { [key]: value } }, by);
}

/** `A2 news:true @5`: source A says with sequence 2 that the consent was given. */
export function consent(text: string): CloudEvent {
  const { by, key, value, time } = parts(text);
  const type = `customer.consents.${value === true ? 'given' : 'revoked'}`;
  return told(type, time, { customer: { source_id: '~ada' }, consents: [{ id: key }] }, by);
}

function parts(text: string): { by: string; key: string; value: unknown; time: number } {
  const [, by = '', key = '', value = '', time = ''] = /^(\w+) (\w+):(.+) @(\d+)$/.exec(text) ?? [];
  return { by, key, value: JSON.parse(value) as unknown, time: Number(time) };
}

/** One service for many examples; names part them. */
export class Examples {
  constructor(readonly service: Service) {}

  /** A prefix that no other example has. */
  fresh(): string {
    return `x${String(prefixes++).padStart(5, '0')}.`;
  }

  call(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.service.call(method, `/v1${path}`, body === undefined ? {} : { body });
  }

  /** The outcome of each: accepted, duplicate, or the key of the error. */
  async take(prefix: string, ...all: readonly CloudEvent[]): Promise<string[]> {
    const { status, body } = await this.service.facts(prefixed(all, prefix), KEYS.admin);
    expect(status).toBe(200);
    const results = body.results as { status: string; error?: { key: string } }[];
    return results.map((one) => one.error?.key ?? one.status);
  }

  /** Takes what must not be refused, one after the other. */
  async tell(prefix: string, ...all: readonly CloudEvent[]): Promise<void> {
    for (const one of all)
      expect((await this.take(prefix, one)).map((outcome) => [one.type, outcome])).toEqual([
        [one.type, expect.stringMatching(/^(accepted|duplicate)$/)],
      ]);
  }

  async document(name: string): Promise<Answer['body']> {
    const { status, body } = await this.call('GET', `/customers/${name}`);
    expect([name, status]).toEqual([name, 200]);
    return body;
  }

  /** The entries of a customer, the newest first: `type` and what it says. */
  async activity(name: string): Promise<{ type: string; created_at: string; data: { data: Answer['body'] } }[]> {
    const { body } = await this.call('GET', `/customers/${name}/activity?limit=100`);
    return body.data;
  }

  async history(name: string): Promise<Answer['body'][]> {
    const { body } = await this.call('GET', `/customers/${name}/history?limit=100`);
    return body.events;
  }

  /** A reaction follows a little later, so a difference is looked at a few more times. */
  async referred(name: string, count: number): Promise<void> {
    for (let look = 0; ; look++) {
      await this.settled();
      const seen = (await this.document(name)).loyalty.referred_customers as number;
      if (seen === count || look >= LOOKS_MAX)
        return expect({ name, referred: seen }).toEqual({ name, referred: count });
    }
  }

  /** A referral shows its referrer by the id that the customer has now. */
  async refers(referee: string, referrer_id: string): Promise<void> {
    await eventually(async () => {
      const { referrals } = await this.document(referee);
      expect(referrals.campaigns.map((one: Answer['body']) => one.referrer_id)).toEqual([referrer_id]);
    });
  }

  /** A referral is credited after all that were told before it. */
  private async settled(): Promise<void> {
    const prefix = this.fresh();
    const names = { customer: { source_id: '~referee' }, referrer: { source_id: '~referrer' } };
    await this.tell(
      prefix,
      told('customer.referred', 1, { ...names, campaign: { id: 'c' }, custom_event: { id: 'e' } }),
    );
    await eventually(async () =>
      expect(await this.document(`${prefix}referrer`)).toMatchObject({ loyalty: { referred_customers: 1 } }),
    );
  }

  /** Tells the facts in every order, expects to see the same each time, and returns it. */
  async inEveryOrder<Seen>(
    all: readonly CloudEvent[],
    see: (own: (name: string) => string) => Promise<Seen>,
  ): Promise<Seen> {
    const seen: Seen[] = [];
    for (const order of permutations(all)) {
      const prefix = this.fresh();
      await this.tell(prefix, ...order);
      const said = JSON.stringify(await see((name) => name.replaceAll('~', prefix)));
      seen.push(JSON.parse(said.replaceAll(prefix, '~').replace(GENERATED, '')) as Seen);
    }
    expect(seen).toEqual(seen.map(() => seen[0]));
    return seen[0]!;
  }

  /** Reads the document of a customer in `inEveryOrder`. */
  documentOf(name = '~ada'): (own: (name: string) => string) => Promise<Answer['body']> {
    return (own) => this.document(own(name));
  }

  /** Metadata of the one customer whom `statement` is about. */
  metadata(...statements: readonly string[]): Promise<object | undefined> {
    return this.inEveryOrder(statements.map(statement), async (own) => (await this.document(own('~ada'))).metadata);
  }

  /** The consents that the one customer has given. */
  consents(...statements: readonly string[]): Promise<object> {
    return this.inEveryOrder(statements.map(consent), (own) => this.given(own('~ada')));
  }

  async given(name: string): Promise<Readonly<Record<string, boolean>>> {
    const { consents } = (await this.document(name)).system_metadata as {
      consents: Record<string, { value: boolean }>;
    };
    return Object.fromEntries(Object.entries(consents).map(([id, { value }]) => [id, value]));
  }
}

/** A reference to the one customer of most examples. */
export const ADA = { customer: { source_id: '~ada' } };

/** The fact that names that customer. */
export const named = (name: string | null, time: number | string, by?: string): CloudEvent =>
  told('customer.updated', time, { source_id: '~ada', name }, by);

function permutations<T>(all: readonly T[]): readonly (readonly T[])[] {
  if (all.length <= 1) return [all];
  return all.flatMap((one, n) => permutations(all.filter((_, other) => other !== n)).map((rest) => [one, ...rest]));
}
