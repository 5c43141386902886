import { IsMetadata } from '../decorators.js';
import { NeedsOneOf } from '../field.js';
import type { JsonObject } from '../json.js';
import { CustomerBody } from './customer.js';

/** One customer of a bulk update. */
@NeedsOneOf('source_id')
export class BulkCustomer extends CustomerBody {}

/** The change that a bulk update of metadata applies. */
export class BulkMetadata {
  @IsMetadata() metadata!: JsonObject;
}
