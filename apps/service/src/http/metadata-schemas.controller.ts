import { Controller, Delete, Get, Param, Put } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ContractError, metadataProperties, MetadataSchemaBody, parsed } from '#contract';
import { Operations } from '#operations';
import { type MetadataSchema, MetadataSchemas } from '../metadata/metadata-schemas.js';
import { Clock } from '../ops/clock.js';
import { Operation } from './operation.js';
import { Incoming } from './request.js';

/** The name of a schema: `customer`, `order`, or that of a nested schema. */
const NAME = /^[\w-]{1,100}$/;

/** Contract section 8: schemas of metadata. */
@Controller('v1/metadata-schemas')
export class MetadataSchemasController {
  constructor(
    private readonly schemas: MetadataSchemas,
    private readonly operations: Operations,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Operation({ role: 'read', summary: 'Every metadata schema', answer: 'MetadataSchemaList' })
  async list(): Promise<string> {
    const schemas = [...(await this.schemas.all()).values()].map(objectOf);
    return JSON.stringify({ object: 'list', total: schemas.length, data_ref: 'schemas', schemas });
  }

  @Get(':resource')
  @Operation({ role: 'read', summary: 'The metadata schema of a kind of object', answer: 'MetadataSchema' })
  async get(@Param('resource') resource: string): Promise<string> {
    const schema = (await this.schemas.all()).get(resource);
    return JSON.stringify(objectOf(schema ?? notFound(resource)));
  }

  @Put(':resource')
  @Operation({
    role: 'admin',
    summary: 'Set the metadata schema of a kind of object',
    description: 'For `customer`, for `order`, or under another name for nesting. Stored metadata stays as it is.',
    body: MetadataSchemaBody,
    answer: 'MetadataSchema',
  })
  async put(@Param('resource') resource: string, @Incoming() request: FastifyRequest): Promise<string> {
    if (!NAME.test(resource))
      throw new ContractError('invalid_payload', 'A schema is named by 1 to 100 letters, digits, - and _');
    const { properties: said, allow_defined_only = false } = parsed(MetadataSchemaBody, request.body ?? {});
    const properties = metadataProperties(said);
    if (typeof properties === 'string') throw new ContractError('invalid_payload', properties);
    const data = JSON.stringify({ properties, allow_defined_only });
    const isKept = await this.operations.schemas.put(resource, data, this.clock.now());
    this.schemas.forget();
    if (!isKept) throw new ContractError('conflict', 'The maximum number of schemas is reached');
    return this.get(resource);
  }

  @Delete(':resource')
  @Operation({ role: 'admin', summary: 'Remove a metadata schema: anything is allowed again', status: 204 })
  async remove(@Param('resource') resource: string): Promise<void> {
    const wasThere = await this.operations.schemas.remove(resource);
    this.schemas.forget();
    if (!wasThere) notFound(resource);
  }
}

const objectOf = ({ id, related_object, rules, created_at, updated_at }: MetadataSchema): object => ({
  ...{ id, related_object, ...rules, created_at, ...(updated_at !== null && { updated_at }) },
  object: 'metadata_schema',
});

function notFound(id: string): never {
  throw new ContractError('not_found', `Cannot find metadata_schema with id ${id}`, { id, type: 'metadata_schema' });
}
