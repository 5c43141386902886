import type { Job, JobStep } from '#read-model';

/** One kind of work, done step by step: a step may be begun again as long as it is not noted. */
export interface Work {
  readonly types: readonly string[];
  step(job: Job): Promise<JobStep>;
}
