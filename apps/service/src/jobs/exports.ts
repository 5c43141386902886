import { Injectable } from '@nestjs/common';
import { ContractError } from '#contract';
import { type Job, type JobStep } from '#operations';
import { type Exported, type ExportCursor, exportOrders, ReadModel } from '#read-model';
import { type Filterable, matcher, typeNamed } from '../queries/filters.js';
import { csvLine } from './csv.js';
import { type Catalog, catalogs, isField, reader, type Values } from './export-fields.js';
import type { Work } from './work.js';

const ROWS_MAX = 1_000;

/** The checked parameters of an export, with defaults. */
export interface ExportPlan {
  readonly fields: readonly string[];
  readonly order: string;
  readonly filters?: object;
}

/** Throws `invalid_export_fields`, `invalid_export_params`. */
export function exportPlan(of: Exported, asked: Values): ExportPlan {
  const catalog = catalogs[of];
  const { fields = catalog.defaults, order = catalog.order, filters } = asked;
  if (!Array.isArray(fields) || fields.length === 0)
    throw new ContractError('invalid_export_params', 'Property .fields must be an array of fields');
  const isKnown = (name: unknown): name is string => typeof name === 'string' && isField(catalog, name);
  if (!fields.every(isKnown))
    throw new ContractError(
      'invalid_export_fields',
      `Unsupported field used. Allowed fields: ${catalog.fields.join(', ')}`,
    );
  const orders = exportOrders(of).flatMap((name) => [name, `-${name}`]);
  if (typeof order !== 'string' || !orders.includes(order))
    throw new ContractError('invalid_export_params', `Property .order must be one of: ${orders.join(', ')}`);
  matcher(filters, filterable(catalog), '');
  return { fields, order, ...(filters !== undefined && filters !== null && { filters }) };
}

/** Writes exports page by page; each page shows the rows at the time of its query. */
@Injectable()
export class Exports implements Work {
  readonly types = Object.keys(catalogs);

  constructor(private readonly model: ReadModel) {}

  async *steps(job: Job): AsyncGenerator<JobStep> {
    const of = job.type as Exported;
    const catalog = catalogs[of];
    const { fields, order, filters } = job.parameters as unknown as ExportPlan;
    const readers = fields.map(reader);
    const matches = matcher(filters, filterable(catalog), job.created_at);
    let header = job.parts_done === 0 ? csvLine(fields) : '';
    let { cursor } = job.progress as { readonly cursor?: ExportCursor };
    do {
      const { rows, next } = await this.model.exportRows(of, order, cursor, ROWS_MAX);
      const read = rows.map((row) => catalog.read(row)).filter((values) => values !== undefined);
      const shown = read.filter(matches);
      const lines = shown.map((values) => csvLine(readers.map((read) => read(values))));
      const output = header + lines.join('');
      const [state, progress] = next ? ['open' as const, { cursor: next }] : ['done' as const, {}];
      yield { rows: shown.length, failed: 0, output, progress, state };
      [cursor, header] = [next, ''];
    } while (cursor);
  }
}

const filterable = (catalog: Catalog): Filterable<Values> => ({
  typeOf: (name) => (isField(catalog, name) ? typeNamed(name) : catalog.filter(name)),
  reader,
  error: 'invalid_export_params',
});
