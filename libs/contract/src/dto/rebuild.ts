import { IsFlag, IsId } from '../decorators.js';

/** The body of POST /v1/rebuilds. */
export class RebuildBody {
  /** Compares and reports, and changes nothing. */
  @IsFlag({ optional: true }) check_only?: boolean;
  /** Id or source id of one customer, whose rows are rebuilt in place. */
  @IsId({ optional: true }) customer?: string;
}
