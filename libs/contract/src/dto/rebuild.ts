import { IsFlag, IsId } from '../decorators.js';

/** The body of POST /v1/rebuilds. */
export class RebuildBody {
  /** Compare and report, change nothing. */
  @IsFlag({ optional: true }) check_only?: boolean;
  /** Id or source id of one customer, whose rows are rebuilt in their place. */
  @IsId({ optional: true }) customer?: string;
}
