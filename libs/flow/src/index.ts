export { DeadlineExceeded, inTime, within } from './deadline.js';
export { type Step, takeByKey } from './keyed-queue.js';
export { Limiter, LimitExceeded } from './limiter.js';
export { inPortions } from './portions.js';
export { type Backoff, backoff_ms, retry, type RetryOptions } from './retry.js';
export { sideBySide } from './side-by-side.js';
export { sleep } from './sleep.js';
export { together } from './together.js';
