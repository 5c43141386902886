import { IsText } from '../decorators.js';

/** Where a feed goes on. */
export class FeedQuery {
  /** A position that was seen before; everything after it follows. */
  @IsText({ optional: true }) after?: string;
}
