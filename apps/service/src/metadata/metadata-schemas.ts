import { Injectable } from '@nestjs/common';
import {
  ContractError,
  metadataProblem,
  metadataProperties,
  type MetadataRules,
  type MetadataSchemaBody,
  typedCell,
} from '#contract';
import { type StoredSchema, Operations } from '#operations';
import { Clock } from '../ops/clock.js';

/** The time until every instance uses a changed schema. */
const FRESH_MS = 1_000;
/** The name of a schema: `customer`, `order`, or that of a nested schema. */
const NAME = /^[\w-]{1,100}$/;

export interface MetadataSchema extends Omit<StoredSchema, 'data'> {
  readonly rules: MetadataRules;
}

interface WithMetadata {
  readonly metadata?: object | null | undefined;
}

/** The metadata in a request body. */
export interface Described extends WithMetadata {
  readonly customer?: WithMetadata | null | undefined;
  readonly referrer?: WithMetadata | null | undefined;
}

export type DescribedKind = 'customer' | 'order' | 'event';

/** The metadata schemas and their checks. Facts are not checked, because they report the past. */
@Injectable()
export class MetadataSchemas {
  private known: Promise<ReadonlyMap<string, MetadataSchema>> | undefined;
  private read_at_ms = 0;

  constructor(
    private readonly operations: Operations,
    private readonly clock: Clock,
  ) {}

  /** All schemas by their related object. */
  all(): Promise<ReadonlyMap<string, MetadataSchema>> {
    const now_ms = performance.now();
    if (this.known && now_ms - this.read_at_ms < FRESH_MS) return this.known;
    this.read_at_ms = now_ms;
    const reading = this.read();
    this.known = reading;
    reading.catch(() => {
      if (this.known === reading) this.known = undefined;
    });
    return reading;
  }

  /** Throws 404 for an unknown one. */
  async get(related_object: string): Promise<MetadataSchema> {
    return (await this.all()).get(related_object) ?? schemaNotFound(related_object);
  }

  /** Throws `invalid_payload` for what cannot be the name of a schema. */
  assertName(related_object: string): void {
    if (!NAME.test(related_object))
      throw new ContractError('invalid_payload', 'A schema is named by 1 to 100 letters, digits, - and _');
  }

  async set(related_object: string, body: MetadataSchemaBody): Promise<MetadataSchema> {
    this.assertName(related_object);
    const properties = metadataProperties(body.properties);
    if (typeof properties === 'string') throw new ContractError('invalid_payload', properties);
    const { allow_defined_only = false } = body;
    const data = JSON.stringify({ properties, allow_defined_only });
    const isKept = await this.operations.schemas.put(related_object, data, this.clock.now());
    this.known = undefined;
    if (!isKept) throw new ContractError('conflict', 'The maximum number of schemas is reached');
    return this.get(related_object);
  }

  async remove(related_object: string): Promise<void> {
    const wasThere = await this.operations.schemas.remove(related_object);
    this.known = undefined;
    if (!wasThere) schemaNotFound(related_object);
  }

  /** The check for metadata of one kind of object by its current schema. It throws `metadata_validation_failed`. */
  async check(of: string): Promise<(metadata: object | null | undefined) => void> {
    const schemas = await this.all();
    const rules = schemas.get(of)?.rules;
    if (!rules) return () => undefined;
    return (metadata) => {
      const problem = metadata && metadataProblem(rules, metadata, (name) => schemas.get(name)?.rules);
      if (typeof problem === 'string') throw new ContractError('metadata_validation_failed', problem);
    };
  }

  /** Checks the metadata of bodies and of the customers in them. Throws `metadata_validation_failed`. */
  async assertFit(of: DescribedKind, all: readonly Described[]): Promise<void> {
    // custom events have no schema
    const own = of === 'event' ? () => undefined : await this.check(of);
    const person = await this.check('customer');
    for (const { metadata, customer, referrer } of all) {
      own(metadata);
      person(customer?.metadata);
      person(referrer?.metadata);
    }
  }

  /** The reader of metadata cells of a CSV file, by the types in the schema. */
  async cells(of: string): Promise<(name: string, text: string) => unknown> {
    const rules = (await this.all()).get(of)?.rules;
    return rules ? (name, text) => typedCell(rules, name, text) : (_, text) => text;
  }

  private async read(): Promise<ReadonlyMap<string, MetadataSchema>> {
    const rows = await this.operations.schemas.list();
    return new Map(
      rows.map(({ data, ...row }) => [row.related_object, { ...row, rules: JSON.parse(data) as MetadataRules }]),
    );
  }
}

function schemaNotFound(id: string): never {
  throw ContractError.resourceNotFound('metadata_schema', id);
}
