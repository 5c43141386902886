import type { Job, JobStep } from '#operations';

/** One kind of work in steps. */
export interface Work {
  readonly types: readonly string[];
  /**
   * The steps from the progress of a job to its end. Steps must be idempotent: an unsaved step runs again after a crash.
   * A long step throws when the signal aborts, and also runs again.
   */
  steps(job: Job, signal: AbortSignal): AsyncIterable<JobStep>;
}
