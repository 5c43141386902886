import { IsOneOf, IsText } from '../decorators.js';

/** Where a feed goes on. */
export class FeedQuery {
  /** A position that was seen before; everything after it follows. */
  @IsText({ optional: true }) after?: string;
  /** `head`: ends with what is there now, and says so with an event named `end`. */
  @IsOneOf(['head'], { optional: true }) until?: 'head';
}
