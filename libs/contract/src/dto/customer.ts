import { IsDay, IsId, IsMetadata, IsNested, IsText } from '../decorators.js';
import type { JsonObject } from '../json.js';
import { limits } from '../limits.js';

/** Optional; null unsets the value. */
const CLEARABLE = { optional: true, nullable: true } as const;

export class AddressBody {
  @IsText(CLEARABLE) city?: string | null;
  @IsText(CLEARABLE) state?: string | null;
  @IsText(CLEARABLE) line_1?: string | null;
  @IsText(CLEARABLE) line_2?: string | null;
  @IsText(CLEARABLE) country?: string | null;
  @IsText(CLEARABLE) postal_code?: string | null;
}

/** The body of POST and PUT: nothing is required. */
export class CustomerBody {
  @IsId({ nullish: true }) id?: string;
  @IsId({ nullish: true }) source_id?: string;
  @IsText(CLEARABLE) name?: string | null;
  @IsText({ max: limits.long_text_length_max, ...CLEARABLE }) description?: string | null;
  @IsText(CLEARABLE) email?: string | null;
  @IsText(CLEARABLE) phone?: string | null;
  @IsDay(CLEARABLE) birthday?: string | null;
  @IsDay(CLEARABLE) birthdate?: string | null;
  @IsNested(AddressBody, CLEARABLE) address?: AddressBody | null;
  @IsMetadata(CLEARABLE) metadata?: JsonObject | null;
}
