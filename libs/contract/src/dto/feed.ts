import { IsOneOf, IsText } from '../decorators.js';

/** The query of a feed. */
export class FeedQuery {
  /** The last position that the client has seen; the feed continues after it. */
  @IsText({ optional: true }) after?: string;
  /** `head`: the feed ends at the present end, with an event named `end`. */
  @IsOneOf(['head'], { optional: true }) until?: 'head';
}
