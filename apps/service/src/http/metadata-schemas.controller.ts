import {
  type CanActivate,
  Controller,
  Delete,
  type ExecutionContext,
  Get,
  Injectable,
  Param,
  Put,
  UseGuards,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { MetadataSchemaBody } from '#contract';
import { type MetadataSchema, MetadataSchemas } from '../metadata/metadata-schemas.js';
import { FromBody } from './bound.js';
import { Operation } from './operation.js';

/** Refuses a bad name before the body is read. */
@Injectable()
class NamedWell implements CanActivate {
  constructor(private readonly schemas: MetadataSchemas) {}

  canActivate(context: ExecutionContext): true {
    const { params } = context.switchToHttp().getRequest<FastifyRequest<{ Params: { resource: string } }>>();
    this.schemas.assertName(params.resource);
    return true;
  }
}

/** Contract section 8: schemas of metadata. */
@Controller('v1/metadata-schemas')
export class MetadataSchemasController {
  constructor(private readonly schemas: MetadataSchemas) {}

  @Get()
  @Operation({ role: 'read', summary: 'Every metadata schema', answer: 'MetadataSchemaList' })
  async list(): Promise<string> {
    const schemas = [...(await this.schemas.all()).values()].map(objectOf);
    return JSON.stringify({ object: 'list', total: schemas.length, data_ref: 'schemas', schemas });
  }

  @Get(':resource')
  @Operation({ role: 'read', summary: 'The metadata schema of a kind of object', answer: 'MetadataSchema' })
  async get(@Param('resource') resource: string): Promise<string> {
    return shown(await this.schemas.get(resource));
  }

  @Put(':resource')
  @UseGuards(NamedWell)
  @Operation({
    role: 'admin',
    summary: 'Set the metadata schema of a kind of object',
    description: 'For `customer`, for `order`, or under another name for nesting. Stored metadata stays as it is.',
    answer: 'MetadataSchema',
  })
  async put(
    @Param('resource') resource: string,
    @FromBody(MetadataSchemaBody) body: MetadataSchemaBody,
  ): Promise<string> {
    return shown(await this.schemas.set(resource, body));
  }

  @Delete(':resource')
  @Operation({ role: 'admin', summary: 'Remove a metadata schema: anything is allowed again', status: 204 })
  async remove(@Param('resource') resource: string): Promise<void> {
    await this.schemas.remove(resource);
  }
}

const objectOf = ({ id, related_object, rules, created_at, updated_at }: MetadataSchema): object => ({
  ...{ id, related_object, ...rules, created_at, ...(updated_at !== null && { updated_at }) },
  object: 'metadata_schema',
});

const shown = (schema: MetadataSchema): string => JSON.stringify(objectOf(schema));
