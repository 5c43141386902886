import { IsCount, IsFlag, IsId, IsMsSince, IsOneOf, IsText, IsTexts } from '../decorators.js';
import { limits } from '../limits.js';

/** The body of POST /v1/webhooks. */
export class WebhookBody {
  @IsText({ min: 1, max: limits.url_length_max }) target_url!: string;
  /** Types of activity that it is told. */
  @IsTexts({ max: limits.webhook_events_max }) events!: string[];
  /** What deliveries are signed with; made by the service when it is left out. */
  @IsText({ min: limits.secret_length_min, optional: true }) secret?: string;
}

/** The body of PUT /v1/webhooks/{id}: what is left out stays as it is. */
export class WebhookChangeBody {
  @IsText({ min: 1, max: limits.url_length_max, optional: true }) target_url?: string;
  @IsTexts({ max: limits.webhook_events_max, optional: true }) events?: string[];
  @IsText({ min: limits.secret_length_min, optional: true }) secret?: string;
  @IsFlag({ optional: true }) active?: boolean;
}

const STATES = ['waiting', 'delivered', 'failed', 'discarded'] as const;

/** The query of GET /v1/webhooks/{id}/deliveries. */
export class DeliveryQuery {
  @IsCount({ max: limits.page_size_max, default: limits.page_size_default }) limit!: number;
  @IsOneOf(STATES, { optional: true }) state?: (typeof STATES)[number];
  @IsId({ optional: true }) starting_after?: string;
}

/** The body of POST /v1/webhooks/{id}/resend. */
export class ResendBody {
  /** Written down then or later; all when it is left out. */
  @IsMsSince({ optional: true }) since?: string;
}
