import { IsFlag, IsMetadata } from '../decorators.js';
import type { JsonObject } from '../json.js';

/** The body of PUT /v1/metadata-schemas/{resource}; what may be in `properties`, the schema itself says. */
export class MetadataSchemaBody {
  /** `{<name>: {type, array?, optional?, properties?}}` */
  @IsMetadata() properties!: JsonObject;
  /** Refuse keys that are not defined; allow any unless told. */
  @IsFlag({ optional: true }) allow_defined_only?: boolean;
}
