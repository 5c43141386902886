import type { Job, JobStep } from '#operations';

/** One kind of work, done step by step. */
export interface Work {
  readonly types: readonly string[];
  /**
   * From where a job stands to its end. What is not noted yet is begun again after a crash: that must leave nothing twice. A
   * step that takes long throws when the signal aborts, and is begun again as well.
   */
  steps(job: Job, signal: AbortSignal): AsyncIterable<JobStep>;
}
