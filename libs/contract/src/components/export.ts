import { component, free, instant, integer, is, listOf, object, orNull, text } from './kit.js';

/** Exports as CSV files. */
export const exportComponents = {
  Export: object({
    id: text,
    object: is('export'),
    created_at: instant,
    status: { enum: ['SCHEDULED', 'IN_PROGRESS', 'DONE', 'ERROR'] },
    channel: is('API'),
    exported_object: { enum: ['customer', 'order', 'redemption'] },
    parameters: free,
    result: orNull(
      object({ url: { ...text, description: 'Anyone with the address can read the file until it expires' } }),
    ),
    user_id: { type: 'null' },
  }),
  ExportList: object({
    object: is('list'),
    data_ref: is('exports'),
    exports: listOf(component('Export')),
    total: integer,
  }),
};
