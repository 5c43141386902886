import { IsMetadata } from '../decorators.js';
import { NeedsOneOf } from '../field.js';
import type { JsonObject } from '../json.js';
import { CustomerBody } from './customer.js';

/** One customer of a bulk update. */
@NeedsOneOf('source_id')
export class BulkCustomer extends CustomerBody {}

/** What a bulk update of metadata says besides its source ids. */
export class BulkMetadata {
  @IsMetadata() metadata!: JsonObject;
}
