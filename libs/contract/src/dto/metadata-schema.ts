import { IsFlag, IsMetadata } from '../decorators.js';
import type { JsonObject } from '../json.js';

/** The body of PUT /v1/metadata-schemas/{resource}; `metadataProperties` checks `properties`. */
export class MetadataSchemaBody {
  /** `{<name>: {type, array?, optional?, properties?}}` */
  @IsMetadata() properties!: JsonObject;
  /** True refuses keys that are not defined; they are allowed by default. */
  @IsFlag({ optional: true }) allow_defined_only?: boolean;
}
