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

/** The origin of a fact, with a digest of everything but its id. */
export function factOrigin(told: object, { source = '/tests', sequence }: Partial<Origin> = {}): Origin {
  const text = canonical([told, source, sequence ?? null]);
  // two digests of 32 bits, which reveal no content
  const digest = `told-${hash(text).toString(36)}-${hash(text, SECOND_BASIS).toString(36)}`;
  return { source, id: digest, digest, ...(sequence !== undefined && { sequence }) };
}

function provenance(rule: unknown, input: unknown, time: string, from: Partial<Origin> | undefined): Provenance {
  const at = nine(time);
  if (COMMANDS.has(rule)) return { at, ...(from && { origin: from as Origin }) };
  const name = Object.entries(rules).find(([, one]) => one === rule)?.[0];
  return { at, origin: { ...factOrigin({ name, input, at }, from), ...from } };
}

/** Brings the dates of controls, which are in milliseconds, to nine digits. */
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
 * Given events, when a rule decides, then events, nothing, or a refusal; `and` continues after the decided events.
 * Facts have an origin, which `from` can change; commands have one only when `from` is given.
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
