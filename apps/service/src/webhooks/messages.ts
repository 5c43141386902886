import type { Outcome } from './sender.js';

/** What the webhooks' thread reports. */
export type FromWebhooks =
  | { readonly kind: 'tried'; readonly outcome: Outcome }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'left-out' }
  | { readonly kind: 'trouble'; readonly error: string };
