import { component, flag, free, instant, integer, is, listOf, number, object, text } from './kit.js';

const fields = {
  id: text,
  type: { enum: ['CUSTOMERS.BULK_UPDATE', 'CUSTOMERS.METADATA_UPDATE', 'CUSTOMERS.IMPORT_CSV', 'ORDERS.IMPORT'] },
  status: { enum: ['ENQUEUED', 'IN_PROGRESS', 'DONE', 'FAILED'] },
  created_at: instant,
  progress: { ...number, minimum: 0, maximum: 100 },
  request_id: text,
  object: is('async_action'),
};

const ended = {
  operation_status: { enum: ['SUCCESS', 'FAILED', 'UNKNOWN'] },
  updated_at: instant,
  processing_time: { ...integer, description: 'Milliseconds' },
};

const updated = object({
  done_count: integer,
  failed_count: integer,
  reports: { ...listOf(text), description: 'Addresses of CSV files; anyone with the address can read the file' },
  reports_available_till: instant,
  errors: listOf(object({ message: text, details: text, key: text, source_id: text })),
});

const imported = object({
  message: text,
  failed: listOf(
    object({ row: { ...integer, description: 'From 1, without the header' }, reason: text }, { source_id: text }),
  ),
  done_count: integer,
  failed_count: integer,
});

/** Work that continues after its request was answered. */
export const asyncActionComponents = {
  AsyncAction: object(fields, {
    ...ended,
    result: { anyOf: [updated, imported, component('OrderImportResult'), free] },
  }),
  AsyncActionBegun: object({ async_action_id: text }),
  AsyncActionList: object({
    object: is('list'),
    data_ref: is('async_actions'),
    async_actions: listOf(object(fields, ended)),
    has_more: flag,
  }),
};
