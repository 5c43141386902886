import type { JsonSchema } from '../kind.js';
import {
  component,
  flag,
  free,
  instant,
  integer,
  is,
  listOf,
  number,
  object,
  orNull,
  text,
  type Properties,
} from './kit.js';

const position: JsonSchema = { type: 'string', pattern: '^\\d+$' };
const actor = object({ channel: text }, { key: text });
const origin = orNull(object({ source: text, id: text }, { sequence: text }));
const eventReference: Properties = {
  id: text,
  revision: integer,
  position,
  type: text,
  occurred_at: instant,
  recorded_at: instant,
  actor,
  origin,
};
const referralFlag = { enum: ['self_referral', 'referral_cycle'] };
const historyEvent = object(
  {
    object: is('history_event'),
    ...eventReference,
    schema: integer,
    correlation_id: text,
    causation_id: orNull(text),
    data: free,
    erased: flag,
    hash: text,
  },
  { flag: referralFlag },
);
const standing = orNull(object(eventReference));
const change = object({ path: text, events: listOf(object(eventReference)) }, { from: {}, to: {} });
const contribution = object(eventReference, {
  before: {},
  after: {},
  delta: number,
  operands: free,
  flag: referralFlag,
});
const explanation = object(
  { object: is('explanation'), path: text, kind: { enum: ['sum', 'derived', 'value'] }, events: listOf(contribution) },
  { customer_id: text, value: {}, operands: free, earlier: object({ events: integer, delta: number }) },
);
const chainHead = object({ revision: { type: 'integer', minimum: -1 }, hash: text });
/** Answers for auditors. */
export const historyComponents = {
  HistoryEvent: historyEvent,
  HistoryList: object(
    { object: is('list'), data_ref: is('events'), events: listOf(component('HistoryEvent')), has_more: flag },
    { more_starting_after: text },
  ),
  Diff: object({ object: is('diff'), customer_id: text, from: standing, to: standing, changes: listOf(change) }),
  Explanation: explanation,
  Explanations: {
    anyOf: [
      component('Explanation'),
      object({
        object: is('list'),
        data_ref: is('explanations'),
        customer_id: text,
        explanations: listOf(component('Explanation')),
      }),
    ],
  },
  AccessLog: object(
    {
      object: is('list'),
      data_ref: is('accesses'),
      accesses: listOf(
        object({
          object: is('access'),
          revision: integer,
          position,
          recorded_at: instant,
          actor,
          request_id: text,
          customer_id: text,
          call: text,
          query: free,
          hash: text,
        }),
      ),
      has_more: flag,
    },
    { more_starting_after: text },
  ),
  Verification: object(
    { object: is('verification'), valid: flag, events: integer, head: chainHead },
    { customer_id: text, first_bad: object({ revision: integer, reason: text }) },
  ),
};
