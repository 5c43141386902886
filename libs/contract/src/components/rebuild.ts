import { component, flag, instant, integer, is, listOf, object, orNull, text } from './kit.js';

const report = object({
  events: integer,
  customers_compared: integer,
  customers_differing: integer,
  differing: listOf(
    object({
      customer: text,
      revision: integer,
      paths: { ...listOf(text), description: 'Paths of the differences, without their values' },
      paths_total: integer,
    }),
  ),
  counters: listOf(text),
});

const rebuild = object({
  id: text,
  kind: { enum: ['rebuild', 'check', 'customer', 'customer_check', 'switch_back'] },
  customer: orNull(text),
  state: { enum: ['waiting', 'building', 'comparing', 'switching', 'paused', 'done', 'cancelled', 'failed'] },
  is_open: flag,
  created_at: instant,
  started_at: orNull(instant),
  ended_at: orNull(instant),
  events: integer,
  position: orNull(text),
  target: orNull({ ...text, description: 'The end of the history' }),
  rate: { ...integer, description: 'Events per second while it runs' },
  seconds_left: orNull(integer),
  error: orNull(text),
  report: orNull(component('RebuildReport')),
  object: is('rebuild'),
});

/** Rebuilds of the read model. */
export const rebuildComponents = {
  Rebuild: rebuild,
  RebuildReport: report,
  RebuildList: object({ object: is('list'), data_ref: is('rebuilds'), rebuilds: listOf(component('Rebuild')) }),
};
