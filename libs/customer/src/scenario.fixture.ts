import * as controls from './controls.js';
import { customer, type CustomerEvent } from './customer.js';
import { type CustomerDocument, toDocument } from './document.js';
import { Rejection } from './fold.js';
import type { Decide } from './rules.js';

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
  occurred_at: controls.before,
  data: { source_id: 'ada', created_at: controls.before },
};
export const erased: CustomerEvent = { type: 'CustomerErased', occurred_at: controls.at, data: {} };

/** Given events, when a rule is asked, then events, nothing, or a refusal; what was decided is folded, `and` goes on. */
export function given(...events: readonly CustomerEvent[]) {
  const state = events.reduce(customer.evolve, customer.initial);
  return {
    state,
    shows: toDocument('cust_1', state) as Shown,
    when<Input>(rule: Decide<Input>, input: Input, time = controls.at) {
      const decided = rule(state, input, time);
      const isRefused = decided instanceof Rejection;
      const and = given(...events, ...(isRefused ? [] : decided));
      return { types: isRefused ? decided.code : decided.map(({ type }) => type), shows: and.shows, and };
    },
  };
}
