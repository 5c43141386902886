import { fact } from './facts.js';
import { random } from './random.js';
import type { Person, Said } from './said.js';

/** Services may be so far behind the machine's clock. */
export const BEHIND_MAX_S = 60;
/** Facts are dated up to so far ahead of it: each service takes them, up to 300 s ahead of its own. */
const AHEAD_MAX_MS = 200_000;
const OLDER_MAX_MS = 3_600_000;
const MARGIN_MS = 1_000;
const ORDERS_MAX = 3;
const STATUSES = ['CREATED', 'PROCESSING', 'PAID', 'FULFILLED', 'CANCELED'];
const TEXTS = ['name', 'email', 'phone', 'description'];
const MAPS = { address: ['city', 'line_1'], metadata: ['a', 'b'] };
const CONSENTS = ['news', 'calls'];
const CUSTOMER = 'customer';

export interface Command {
  readonly method: string;
  readonly path: string;
  readonly body: object;
  readonly said: readonly Said[];
}

export interface ToldFact {
  readonly event: object;
  readonly said: readonly Said[];
  /** Than the last commands about what it says. */
  readonly isOlder: boolean;
}

type Statement = Omit<Command, 'method' | 'path'>;

/** Commands and facts at random, from a seed. Each command says something new, so that it leaves an event. */
export class Statements {
  private readonly next: () => number;
  private count = 0;

  constructor(private readonly seed: number) {
    this.next = random(seed);
  }

  happens(chance: number): boolean {
    return this.next() < chance;
  }

  below(sides: number): number {
    return Math.floor(this.next() * sides);
  }

  of<One>(all: readonly One[]): One {
    return all[this.below(all.length)] as One;
  }

  /** After these the customer is there and has said something of each consent. */
  first(person: Person): Command[] {
    const { source_id } = person;
    const { body, said } = this.profile();
    return [
      { method: 'POST', path: '/v1/customers', body: { ...body, source_id }, said },
      this.consents(person, { news: true, calls: false }),
    ];
  }

  command(person: Person): Command {
    const { source_id } = person;
    const face = this.below(10);
    if (face < 3) return this.consents(person, this.choices());
    if (face < 6) return this.order(person);
    const { body, said } = this.happens(0.2) ? this.emptying() : this.profile();
    return this.happens(0.3)
      ? { method: 'POST', path: '/v1/customers', body: { ...body, source_id }, said }
      : { method: 'PUT', path: `/v1/customers/${source_id}`, body, said };
  }

  fact(person: Person, now_ms: number): ToldFact {
    const { type, data, said } = this.told(person);
    const commanded_ms = person.commandedAt(said);
    const isOlder = this.happens(0.6) || said.length === 0;
    const time_ms = isOlder
      ? (commanded_ms ?? now_ms) - BEHIND_MAX_S * 1_000 - MARGIN_MS - this.below(OLDER_MAX_MS)
      : now_ms + this.below(AHEAD_MAX_MS);
    const event = fact(type, new Date(time_ms).toISOString(), data, { source: '/mixed' });
    return { event, said, isOlder: isOlder && commanded_ms !== undefined };
  }

  private profile(): Statement {
    const fields = TEXTS.filter(() => this.happens(0.4)).map((field) => [field, this.text(field)] as const);
    const maps = Object.entries(MAPS).map(([map, keys]) => {
      const values = keys.filter(() => this.happens(0.3)).map((key) => [key, this.text(key)] as const);
      return [map, Object.fromEntries(values)] as const;
    });
    const name = this.text('name');
    const body = { ...Object.fromEntries([...fields, ...maps]), name };
    const said = [
      ...fields.filter(([field]) => field !== 'name').map(([path, value]) => ({ of: CUSTOMER, path, value })),
      ...maps.flatMap(([map, values]) =>
        Object.entries(values).map(([key, value]) => ({ of: CUSTOMER, path: `${map}.${key}`, value })),
      ),
      { of: CUSTOMER, path: 'name', value: name },
    ];
    return { body, said };
  }

  /** With a name, since what is empty already says nothing new. */
  private emptying(): Statement {
    const map = this.of(Object.keys(MAPS) as (keyof typeof MAPS)[]);
    const name = this.text('name');
    const emptied = MAPS[map].map((key) => ({ of: CUSTOMER, path: `${map}.${key}`, value: undefined }));
    return { body: { name, [map]: null }, said: [...emptied, { of: CUSTOMER, path: 'name', value: name }] };
  }

  private choices(): Record<string, boolean> {
    const consents = CONSENTS.filter(() => this.happens(0.7)).map((id) => [id, this.happens(0.5)] as const);
    const unsubscribed = this.happens(0.3) || consents.length === 0 ? { unsubscribed: this.happens(0.6) } : {};
    return { ...Object.fromEntries(consents), ...unsubscribed };
  }

  private consents({ source_id }: Person, body: Record<string, boolean>): Command {
    // it denies also what is given beside it
    const shown = body['unsubscribed'] === true ? { unsubscribed: true, news: false, calls: false } : body;
    const said = Object.entries(shown).map(([id, value]) => ({ of: CUSTOMER, path: consentPath(id), value }));
    return { method: 'PUT', path: `/v1/customers/${source_id}/consents`, body, said };
  }

  private order(person: Person): Command {
    const { orders, source_id } = person;
    const status = this.of(STATUSES);
    const value = this.text('x');
    const values = { ...(this.happens(0.6) && { status }), ...(this.happens(0.5) && { amount: this.amount() }) };
    const body = { ...values, metadata: { x: value } };
    const saidOf = (of: string): Said[] => [
      ...Object.entries(values).map(([path, one]) => ({ of, path, value: one })),
      { of, path: 'metadata.x', value },
    ];
    if (orders.length < ORDERS_MAX || this.happens(0.2)) {
      const id = orders.length < ORDERS_MAX ? `o-${source_id}-${orders.length}` : this.of(orders);
      if (!orders.includes(id)) orders.push(id);
      return { method: 'POST', path: '/v1/orders', body: { ...body, id, customer: { source_id } }, said: saidOf(id) };
    }
    const id = this.of(orders);
    return { method: 'PUT', path: `/v1/orders/${id}`, body, said: saidOf(id) };
  }

  private told(person: Person): { readonly type: string; readonly data: object; readonly said: readonly Said[] } {
    const customer = { source_id: person.source_id };
    const face = this.below(10);
    if (face < 3) return this.aboutNothingElse(customer);
    if (face < 5) {
      const { body, said } = this.profile();
      return { type: 'customer.updated', data: { ...body, ...customer }, said };
    }
    if (face < 7 || person.orders.length === 0) {
      const [id, isGiven] = [this.of(CONSENTS), this.happens(0.5)];
      const said = [{ of: CUSTOMER, path: consentPath(id), value: isGiven }];
      return {
        type: `customer.consents.${isGiven ? 'given' : 'revoked'}`,
        data: { customer, consents: [{ id }] },
        said,
      };
    }
    const [of, status, amount] = [this.of(person.orders), this.of(STATUSES), this.amount()];
    const said = [
      { of, path: 'status', value: status },
      { of, path: 'amount', value: amount },
    ];
    return { type: 'order.updated', data: { id: of, status, amount, customer }, said };
  }

  /** Fields that no command of a test changes. */
  private aboutNothingElse(customer: object): ReturnType<Statements['told']> {
    const id = this.text('id');
    return this.of([
      { type: 'customer.custom_event', data: { customer, type: 'seen', id }, said: [] },
      { type: 'redemption.succeeded', data: { customer, id }, said: [] },
      { type: 'customer.updated', data: { ...customer, metadata: { [this.of(['y', 'z'])]: id } }, said: [] },
      {
        type: 'voucher.gift.balance_added',
        data: { customer, voucher: { id: 'gift' }, balance: { amount: 1 }, transaction: { id } },
        said: [],
      },
    ]);
  }

  private text(field: string): string {
    const text = `${field}-${this.seed}-${this.count++}`;
    return field === 'email' ? `${text}@example.test` : text;
  }

  private amount(): number {
    return ++this.count;
  }
}

const consentPath = (id: string): string => `system_metadata.consents.${id}.value`;
