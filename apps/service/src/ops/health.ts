import { Injectable } from '@nestjs/common';
import { EventStore } from '#event-store';
import { Freshness } from './freshness.js';
import { ProjectorThread } from '../projector/projector-thread.js';

/** Readers wait for the read model, so a projector this far behind is not ready. */
const LAG_MS_MAX = 30_000;
const STORE_ANSWER_MS_MAX = 2_000;

/** Whether the service can do its work, and if not, why. */
@Injectable()
export class Health {
  /** Set when shutdown begins, so that load balancers look elsewhere. */
  stopping = false;

  constructor(
    private readonly store: EventStore,
    private readonly projector: ProjectorThread,
    private readonly freshness: Freshness,
  ) {}

  async problems(): Promise<string[]> {
    const problems: string[] = [];
    if (this.stopping) problems.push('The service is shutting down');
    if (!(await this.storeAnswers())) problems.push('The event store does not answer');
    if (this.projector.trouble !== undefined) problems.push(this.projector.trouble);
    else if (!this.freshness.isCaughtUp)
      problems.push('The read model is catching up with what was there at the start');
    const lag_ms = this.projector.progress?.lag_ms ?? 0;
    if (lag_ms > LAG_MS_MAX) problems.push(`The read model is ${Math.round(lag_ms / 1000)} s behind`);
    return problems;
  }

  private async storeAnswers(): Promise<boolean> {
    const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), STORE_ANSWER_MS_MAX).unref());
    const answer = this.store.head().then(
      () => true,
      () => false,
    );
    return Promise.race([answer, late]);
  }
}
