import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { customer, type CustomerState } from './customer.js';
import { toDocument } from './document.js';
import { Rejection } from './fold.js';
import { LAST, nine } from './instant.js';
import * as rules from './rules.js';
import { holds, runs } from './runs.fixture.js';
import { factOrigin } from './scenario.fixture.js';

/* A command that left an event is shown until a fact with a later date, or a withdrawal of its instant. */

type Said = Readonly<Record<string, unknown>>;

interface Step {
  readonly by: 'fact' | 'command';
  readonly about: 'profile' | 'consents' | 'order';
  readonly said: Said;
  /** Seconds by which this instance's clock is off. */
  readonly skew_s: number;
  /** Seconds by which the fact's date differs from that clock. */
  readonly ahead_s: number;
  readonly source: string;
}

const aValue = fc.constantFrom('a', 'b', null);
const saying = {
  profile: fc.record(
    {
      name: aValue,
      phone: aValue,
      address: fc.option(fc.record({ city: aValue, state: aValue }, { requiredKeys: [] }), { freq: 2 }),
      metadata: fc.option(fc.record({ m: aValue, n: aValue }, { requiredKeys: [] }), { freq: 2 }),
    },
    { requiredKeys: [] },
  ),
  consents: fc.record({ unsubscribed: fc.boolean(), news: fc.boolean(), mail: fc.boolean() }, { requiredKeys: [] }),
  order: fc.record(
    { status: fc.constantFrom('CREATED', 'PAID', 'FULFILLED', 'CANCELED'), amount: fc.constantFrom(900, 1000) },
    { requiredKeys: [] },
  ),
};
const aStep = fc.constantFrom('profile' as const, 'consents' as const, 'order' as const).chain((about) =>
  fc.record({
    by: fc.constantFrom('fact' as const, 'command' as const),
    about: fc.constant(about),
    said: saying[about] as fc.Arbitrary<Said>,
    skew_s: fc.constantFrom(-60, -1, 0, 0, 1, 60),
    ahead_s: fc.constantFrom(-60, 0, 1, 60, 200),
    source: fc.constantFrom('/a', '/b'),
  }),
);

const START = Date.parse('2024-05-01T10:00:00.000Z');
/** The time that a clock off by `seconds` shows in a turn. */
type Clock = (turn: number, seconds: number) => string;
const inOurTime: Clock = (turn, seconds) => nine(new Date(START + turn + seconds * 1_000).toISOString());
const atTheEnd: Clock = (_, seconds) => (seconds < 0 ? '9999-12-31T23:59:59.999000000Z' : LAST);

function decided(state: CustomerState, step: Step, at: string): rules.Decided {
  const { by, about, said, source } = step;
  const given = by === 'command' ? { at } : { at, origin: factOrigin({ about, said, at }, { source }) };
  const outcome = by === 'command' ? commanded(state, step, given) : told(state, step, given);
  if (outcome instanceof Rejection) throw new Error(outcome.code);
  return outcome;
}

function commanded(state: CustomerState, { about, said }: Step, given: { readonly at: string }) {
  if (about === 'profile') return rules.updateCustomer(state, said, given);
  if (about === 'consents') return rules.changeConsents(state, { consents: said as Record<string, boolean> }, given);
  return rules.placeOrder(state, { customer: {}, said: { id: 'ord', ...said } }, given);
}

/** Records the step as a fact; a fact about consents either gives or revokes, as the first of them says. */
function told(state: CustomerState, { about, said }: Step, given: { readonly at: string }) {
  const who = { source_id: 'ada' };
  if (about === 'profile') return rules.recordProfile(state, { ...who, created: false, ...said }, given);
  if (about === 'order') return rules.record.order(state, { id: 'ord', ...said, customer: who }, given);
  const [isGiven = true] = Object.values(said) as boolean[];
  const consents = Object.keys(said)
    .filter((id) => said[id] === isGiven)
    .map((id) => ({ id }));
  return rules.record.consents(state, { given: isGiven, consents, customer: who }, given);
}

/** The values that a step states, by the place that shows them. */
function places({ by, about, said }: Step): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const [isGiven] = Object.values(said);
  for (const [field, value] of Object.entries(said)) {
    if (about === 'consents' && by === 'fact' && value !== isGiven) continue;
    const isMap = field === 'address' || field === 'metadata';
    if (!isMap) found.set(`${about}/${field}`, value);
    else if (value === null) for (const key of KEYS[field]) found.set(`profile/${field}/${key}`, undefined);
    else for (const [key, inner] of Object.entries(value as Said)) found.set(`profile/${field}/${key}`, inner);
  }
  if (about === 'consents' && said['unsubscribed'] === true && found.has('consents/unsubscribed'))
    for (const id of ['news', 'mail']) found.set(`consents/${id}`, false);
  return found;
}
const KEYS = { address: ['city', 'state'], metadata: ['m', 'n'] };

function shownAt(state: CustomerState, place: string): unknown {
  const [about, field = '', key = ''] = place.split('/');
  const document = toDocument('cust_x', state);
  if (about === 'order') return (state.entities.get('order', 'ord')?.values as Said | undefined)?.[field];
  if (about === 'consents') {
    const { consents = {} } = document['system_metadata'] as { consents?: Record<string, { value: boolean }> };
    return consents[field]?.value;
  }
  return key === '' ? (document[field] ?? null) : (document[field] as Said | null | undefined)?.[key];
}

interface Claim {
  readonly at: string;
  readonly value: unknown;
}

/** Unsubscribing denies every consent, and does not show one without statements. */
const isMet = ({ value }: Claim, shown: unknown): boolean =>
  shown === value || (value === false && shown === undefined);

test.each([
  ['an acknowledged command', inOurTime, runs(2_000)],
  ['an acknowledged command of the last millisecond', atTheEnd, runs(1_000)],
])('%s is read back until a later fact, whatever clocks show and facts state', (name, time, numRuns) => {
  const property = fc.property(fc.array(aStep, { minLength: 2, maxLength: 25 }), (steps) => {
    let { state } = rules.createCustomer(customer.initial, { source_id: 'ada' }, { at: time(0, 0) }) as rules.Decided;
    const claims = new Map<string, Claim>();
    steps.forEach((step, turn) => {
      const { by, skew_s, ahead_s } = step;
      const at = time(turn, skew_s + (by === 'fact' ? ahead_s : 0));
      const { events, state: after } = decided(state, step, at);
      state = after;
      for (const [place, value] of places(step)) {
        const claim = claims.get(place);
        if (by === 'command' && events.length > 0) claims.set(place, { at: events.at(-1)?.occurred_at ?? '', value });
        const isWithdrawal = place.startsWith('consents/') && value === (place === 'consents/unsubscribed');
        if (by === 'fact' && claim && (at > claim.at || (at === claim.at && isWithdrawal))) claims.delete(place);
      }
      for (const [place, claim] of claims) {
        const shown = shownAt(state, place);
        if (!isMet(claim, shown)) throw new Error(`${place} shows ${String(shown)}, not ${String(claim.value)}`);
      }
    });
  });
  holds(name, property, numRuns);
});

test.each([
  ['before', [{ by: 'fact', said: { mail: true } }, 'denial', 'gift'] as const],
  ['between', ['denial', { by: 'fact', said: { mail: true } }, 'gift'] as const],
  ['after', ['denial', 'gift', { by: 'fact', said: { mail: true } }] as const],
])('a consent given after a denial at the last moment spares no other, stated %s them', (_, steps) => {
  const commands = { denial: { unsubscribed: true }, gift: { news: true } };
  let { state } = rules.createCustomer(customer.initial, { source_id: 'ada' }, { at: LAST }) as rules.Decided;
  for (const one of steps) {
    const { by, said } = typeof one === 'string' ? { by: 'command' as const, said: commands[one] } : one;
    state = decided(state, { by, about: 'consents', said, skew_s: 0, ahead_s: 0, source: '/a' }, LAST).state;
  }
  expect(['news', 'mail'].map((id) => shownAt(state, `consents/${id}`))).toEqual([true, false]);
});
