import { Inject, Injectable } from '@nestjs/common';
import { EventStore } from '#event-store';
import { inTime } from '#flow';
import { PROJECTOR, ReadModel } from '#read-model';
import { Config } from '../config.js';
import { FactsAhead } from '../ingest/facts-ahead.js';
import { Freshness } from './freshness.js';
import { type Background, BACKGROUND } from './lifecycle.js';
import { ProjectorThread } from '../projector/projector-thread.js';

/** Readers wait for the read model, so a projector this far behind is not ready. */
const LAG_MS_MAX = 30_000;
const ANSWER_MS_MAX = 2_000;

/** The problems that keep the service from its work, and warnings. */
@Injectable()
export class Health {
  /** Set when the shutdown begins, so that load balancers choose other instances. */
  stopping = false;

  constructor(
    private readonly store: EventStore,
    private readonly model: ReadModel,
    private readonly projector: ProjectorThread,
    private readonly freshness: Freshness,
    private readonly config: Config,
    private readonly ahead: FactsAhead,
    @Inject(BACKGROUND) private readonly background: readonly Background[],
  ) {}

  async problems(): Promise<string[]> {
    const problems: string[] = [];
    if (this.stopping) problems.push('The service is shutting down');
    if (!(await this.storeAnswers())) problems.push('The event store does not answer');
    if (!(await this.within(this.model.reached(PROJECTOR)))) problems.push('The database does not answer');
    problems.push(...this.background.flatMap(({ problem }) => problem ?? []));
    if (this.config.has('api')) await this.noteReads(problems);
    if (this.config.has('projector')) this.noteLag(problems);
    return problems;
  }

  /** Problems that do not keep the service from answering requests. */
  get warnings(): string[] {
    return [...this.background, this.ahead].flatMap(({ warning }) => warning ?? []);
  }

  private noteLag(problems: string[]): void {
    const lag_ms = this.projector.progress?.lag_ms ?? 0;
    if (lag_ms > LAG_MS_MAX) problems.push(`The read model is ${Math.round(lag_ms / 1000)} s behind`);
  }

  private async noteReads(problems: string[]): Promise<void> {
    if (!this.freshness.isCaughtUp) await this.within(this.freshness.poll());
    if (!this.freshness.isCaughtUp && problems.length === 0) problems.push(await this.catchingUp());
  }

  private async catchingUp(): Promise<string> {
    const renewed_to = await this.model.renewedTo().catch(() => undefined);
    return renewed_to !== undefined && this.freshness.position < renewed_to
      ? 'The rows of the read model are being rebuilt, because this version folds the history differently'
      : 'The read model is catching up with the history';
  }

  private async storeAnswers(): Promise<boolean> {
    return this.within(this.store.head());
  }

  private async within(work: Promise<unknown>): Promise<boolean> {
    const answer = work.then(
      () => true,
      () => false,
    );
    return (await inTime(ANSWER_MS_MAX, answer)) ?? false;
  }
}
