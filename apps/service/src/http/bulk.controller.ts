import { Controller, Post } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BulkCustomer, BulkMetadata } from '#contract';
import { csvRows } from '../jobs/customers-csv.js';
import { UPDATES } from '../jobs/customer-updates.js';
import { Intake } from '../jobs/intake.js';
import { customerRows, metadataRows } from './bulk-rows.js';
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
        customerRows(items, await this.schemas.check('customer')),
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
    const { metadata, rows } = metadataRows(await jsonOf(bounded(uploaded(request))));
    (await this.schemas.check('customer'))(metadata);
    const order = { kind: 'action', type: UPDATES.metadata, parameters: () => ({ metadata }) } as const;
    return begun(await this.intake.take(request, order, rows));
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
