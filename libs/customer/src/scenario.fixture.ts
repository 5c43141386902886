import { canonical } from '#encoding';
import * as controls from './controls.js';
import { customer, type CustomerEvent } from './customer.js';
import { type CustomerDocument, toDocument } from './document.js';
import { Rejection } from './fold.js';
import { nine } from './instant.js';
import * as rules from './rules.js';
import type { Origin, Provenance } from './statement.js';
import { hash } from './trie.js';

export interface Shown extends CustomerDocument {
  readonly summary: {
    readonly orders: Readonly<Record<string, unknown>>;
    readonly redemptions: Readonly<Record<string, unknown>> & {
      readonly gift: Readonly<Record<string, number>>;
      readonly loyalty_card: Readonly<Record<string, number>>;
    };
  };
  readonly loyalty: {
    readonly points: number;
    readonly referred_customers: number;
    readonly campaigns: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
}

export const created: CustomerEvent = {
  type: 'CustomerCreated',
  occurred_at: nine(controls.before),
  data: { source_id: 'ada', created_at: nine(controls.before) },
};
export const erased: CustomerEvent = { type: 'CustomerErased', occurred_at: nine(controls.at), data: {} };

const COMMANDS = new Set<unknown>([
  rules.createCustomer,
  rules.updateCustomer,
  rules.upsertCustomer,
  rules.importCustomer,
  rules.placeOrder,
  rules.trackEvent,
  rules.changeConsents,
  rules.deleteCustomer,
  rules.eraseCustomer,
  rules.creditReferral,
]);

const SECOND_BASIS = 0x6b43a9b5;

/** What a fact is known again by: everything that was told of it but its id. */
export function factOrigin(told: object, { source = '/tests', sequence }: Partial<Origin> = {}): Origin {
  const text = canonical([told, source, sequence ?? null]);
  // two digests of 32 bits, in which nothing can be read
  const digest = `told-${hash(text).toString(36)}-${hash(text, SECOND_BASIS).toString(36)}`;
  return { source, id: digest, digest, ...(sequence !== undefined && { sequence }) };
}

function provenance(rule: unknown, input: unknown, time: string, from: Partial<Origin> | undefined): Provenance {
  const at = nine(time);
  if (COMMANDS.has(rule)) return { at, ...(from && { origin: from as Origin }) };
  const name = Object.entries(rules).find(([, one]) => one === rule)?.[0];
  return { at, origin: { ...factOrigin({ name, input, at }, from), ...from } };
}

/** Dates of controls are in milliseconds, as people write them. */
const dated = (input: unknown): unknown =>
  typeof input === 'object' && input !== null
    ? Object.fromEntries(
        Object.entries(input).map(([field, value]) => [
          field,
          ['created_at', 'date'].includes(field) && typeof value === 'string' ? nine(value) : value,
        ]),
      )
    : input;

/**
 * Given events, when a rule is asked, then events, nothing, or a refusal; what was decided is folded, `and` goes on. Facts have
 * an origin, of which `from` says more; commands have none unless told.
 */
export function given(...events: readonly CustomerEvent[]) {
  const state = events.reduce(customer.evolve, customer.initial);
  return {
    state,
    shows: toDocument('cust_1', state) as Shown,
    when<Input>(rule: rules.Decide<Input>, input: Input, time = controls.at, from?: Partial<Origin>) {
      const decided = rule(state, dated(input) as Input, provenance(rule, input, time, from));
      const isRefused = decided instanceof Rejection;
      const and = given(...events, ...(isRefused ? [] : decided.events));
      return {
        types: isRefused ? decided.code : decided.events.map(({ type }) => type),
        events: isRefused ? [] : decided.events,
        shows: and.shows,
        and,
      };
    },
  };
}
