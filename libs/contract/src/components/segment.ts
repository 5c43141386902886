import { component, flag, free, instant, integer, is, listOf, object, orNull, text } from './kit.js';

const type = { enum: ['auto-update', 'passive', 'static'] };
const status = { enum: ['IN_PROGRESS', 'DONE'] };

/** Segments, contract 3. */
export const segmentComponents = {
  Segment: object(
    {
      id: text,
      name: text,
      created_at: instant,
      updated_at: orNull(instant),
      type,
      filter: orNull(free),
      object: is('segment'),
    },
    {
      initial_sync_status: {
        ...status,
        description: 'Progress of evaluating the customers that existed before the segment',
      },
      initial_sync_customers: integer,
      customers_count: { ...integer, description: 'Listed in a static segment' },
    },
  ),
  SegmentList: object({
    object: is('list'),
    data_ref: is('data'),
    data: listOf(component('Segment')),
    total: integer,
    has_more: flag,
  }),
  CustomerSegmentList: object({
    object: is('list'),
    data_ref: is('data'),
    data: listOf(object({ id: text, name: text, object: is('segment') })),
    total: integer,
  }),
  SegmentPreview: object({
    object: is('segment_preview'),
    total: { ...integer, description: 'Customers that match the filter now' },
    customers: listOf(component('Customer')),
  }),
  SegmentWhy: object({
    object: is('segment_why'),
    customer_id: text,
    segment: object({ id: text, name: text, object: is('segment') }),
    is_member: flag,
    since: orNull(instant),
    junction: orNull({ enum: ['and', 'or'] }),
    conditions: listOf(
      object(
        { attribute: text, operator: text, operand: {}, value: {}, truth: flag },
        {
          since: { ...instant, description: 'The time at which the clock alone made the condition true or false' },
          until: { ...instant, description: 'The time at which the clock alone may change the truth' },
          because: { ...component('SegmentCause'), description: 'The event that set the value' },
        },
      ),
    ),
  }),
  SegmentCause: object({ revision: integer, type: text, occurred_at: instant, recorded_at: instant }),
};
