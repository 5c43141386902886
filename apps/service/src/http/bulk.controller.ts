import { Controller, Post } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BulkCustomer, BulkMetadata, ContractError, parse, parsed } from '#contract';
import { csvRows } from '../jobs/customers-csv.js';
import { UPDATES } from '../jobs/customer-updates.js';
import { Intake } from '../jobs/intake.js';
import type { Row } from '../jobs/rows.js';
import { filePart } from './file-part.js';
import { MetadataSchemas } from '../metadata/metadata-schemas.js';
import { bounded, jsonItems, jsonOf } from './json-items.js';
import { Operation } from './operation.js';
import { Incoming, uploaded } from './request.js';

/** Contract 2.4 and 2.5: bulk updates and imports, as asynchronous actions. */
@Controller('v1/customers')
export class BulkController {
  constructor(
    private readonly intake: Intake,
    private readonly schemas: MetadataSchemas,
  ) {}

  @Post('bulk/async')
  @Operation({
    role: 'write',
    status: 202,
    summary: 'Update or create many customers',
    description: 'An array of customers, each with its `source_id`. One invalid customer refuses the whole request.',
    upload: 'list',
    body: BulkCustomer,
    answer: 'AsyncActionBegun',
    headers: ['Idempotency-Key'],
  })
  async bulk(@Incoming() request: FastifyRequest): Promise<string> {
    const items = jsonItems(bounded(uploaded(request)));
    return begun(
      await this.intake.take(
        request,
        { kind: 'action', type: UPDATES.bulk },
        rowsOf(items, await this.schemas.check('customer')),
      ),
    );
  }

  @Post('metadata/async')
  @Operation({
    role: 'write',
    status: 202,
    summary: 'Set the same metadata for many customers',
    upload: 'object',
    body: BulkMetadata,
    answer: 'AsyncActionBegun',
    headers: ['Idempotency-Key'],
  })
  async metadata(@Incoming() request: FastifyRequest): Promise<string> {
    const body = await jsonOf(bounded(uploaded(request)));
    const ids = sourceIdsOf(body);
    const { metadata } = parsed(BulkMetadata, body);
    (await this.schemas.check('customer'))(metadata);
    const order = { kind: 'action', type: UPDATES.metadata, parameters: () => ({ metadata }) } as const;
    return begun(await this.intake.take(request, order, rowsNamed(ids)));
  }

  @Post('importCSV')
  @Operation({
    role: 'write',
    status: 202,
    summary: 'Import customers from a CSV file',
    description: 'A row replaces the profile of its customer: fields without a value in the row are unset.',
    upload: 'file',
    answer: 'AsyncActionBegun',
    headers: ['Idempotency-Key'],
  })
  async importCsv(@Incoming() request: FastifyRequest): Promise<string> {
    const fits = await this.schemas.check('customer');
    const rows = csvRows(filePart(request), await this.schemas.cells('customer'), fits);
    return begun(await this.intake.take(request, { kind: 'action', type: UPDATES.csv }, rows));
  }
}

const begun = (async_action_id: string): string => JSON.stringify({ async_action_id });

type Check = (metadata: object | null | undefined) => void;

async function* rowsOf(items: AsyncIterable<unknown>, fits: Check): AsyncGenerator<Row> {
  const named = new Set<string>();
  let n = 0;
  for await (const item of items) {
    const read = parse(BulkCustomer, item, 'body', `[${n}]`);
    if (read.error) throw read.error;
    const { source_id = '', id: _, ...body } = read.value;
    fits(body.metadata);
    // the order of two rows for one customer is not defined
    if (named.has(source_id)) throw duplicate(source_id);
    named.add(source_id);
    yield { n, source_id, body };
    n += 1;
  }
  if (n === 0) throw new ContractError('invalid_payload', 'Payload must not be empty');
}

function sourceIdsOf(body: unknown): ReadonlySet<string> {
  const ids = (body as { readonly source_ids?: unknown } | null)?.source_ids;
  if (ids === undefined)
    throw new ContractError('invalid_payload', "Payload should have required property 'source_ids'");
  if (!Array.isArray(ids)) throw new ContractError('invalid_payload', 'Property .source_ids must be an array');
  if (ids.length === 0) throw new ContractError('not_enough_source_ids');
  for (const [n, source_id] of ids.entries()) {
    const { error } = parse(BulkCustomer, { source_id: source_id as unknown }, 'body', `.source_ids[${n}]`);
    if (error) throw error;
  }
  return new Set(ids as string[]);
}

async function* rowsNamed(ids: ReadonlySet<string>): AsyncGenerator<Row> {
  let n = 0;
  for (const source_id of ids) yield await Promise.resolve({ n: n++, source_id });
}

const duplicate = (id: string): ContractError =>
  new ContractError('duplicate_found', `Duplicated customer exists with id ${id}`, { id, type: 'customer' });
