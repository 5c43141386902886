import { IsCount, IsFlag, IsId, IsMetadata, IsMinorUnits, IsNested, IsOneOf, IsText } from '../decorators.js';
import type { JsonObject } from '../json.js';
import { limits } from '../limits.js';
import { CustomerBody } from './customer.js';

/** The message for a failed check. */
class ErrorMessage {
  @IsText({ max: 1_000 }) message!: string;
}

/** The body of PUT /v1/validation-rules/{id}: absent properties keep their values (contract 5.2). */
export class ValidationRulesChangeBody {
  @IsText({ min: 1, nullish: true }) name?: string;
  /** Rules by name, and `logic`. */
  @IsMetadata({ nullish: true }) rules?: JsonObject;
  /** Null removes the message. */
  @IsNested(ErrorMessage, { optional: true, nullable: true }) error?: ErrorMessage | null;
  @IsMetadata({ optional: true, nullable: true }) applicable_to?: JsonObject | null;
  @IsText({ nullish: true }) type?: string;
  @IsText({ nullish: true }) context_type?: string;
}

/** The body of POST /v1/validation-rules. */
export class ValidationRulesBody extends ValidationRulesChangeBody {
  @IsText({ min: 1 }) declare name: string;
  @IsMetadata() declare rules: JsonObject;
}

/** The query of GET /v1/validation-rules. */
export class ValidationRulesListQuery {
  @IsCount({ max: limits.page_size_max, default: limits.page_size_default }) limit!: number;
  @IsCount({ max: limits.page_max, default: 1 }) page!: number;
  @IsOneOf(['created_at', '-created_at'], { optional: true, default: '-created_at' }) order!: string;
}

/** The order that is about to be placed. */
class CheckedOrder {
  @IsMinorUnits({ nullish: true }) amount?: number;
  @IsMetadata({ nullish: true }) metadata?: JsonObject;
}

/** The body of POST /v1/validation-rules/{id}/check. */
export class ValidationCheckBody {
  /** A customer by id or source id; the other properties override those of a known customer, and an unknown one has only them. */
  @IsNested(CustomerBody) customer!: CustomerBody;
  @IsNested(CheckedOrder, { nullish: true }) order?: CheckedOrder;
  /** True keeps the outcome in the customer's history. */
  @IsFlag({ optional: true }) record?: boolean;
  @IsId({ nullish: true }) tracking_id?: string;
}
