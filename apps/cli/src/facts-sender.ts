import { retry } from '#flow';
import type { LedgerAddress } from './address.js';
import type { CloudEvent } from './cloud-event.js';
import { Complaint } from './complaint.js';
import { askedMs, LedgerClient, Unavailable } from './ledger-client.js';

export interface RejectedFact {
  readonly id: string | null;
  readonly reason: string;
}

/** The outcome of a batch. */
export interface Receipt {
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: readonly RejectedFact[];
}

interface FactResult {
  readonly id: string | null;
  readonly status: 'accepted' | 'duplicate' | 'rejected';
  readonly error?: { readonly code: number; readonly message: string; readonly details?: string };
}

export interface Patience {
  /** The deadline of one batch, retries included. */
  readonly deadline_ms: number;
  /** The first pause; each further one is twice as long, up to 5 s. */
  readonly pause_ms: number;
}

/** Status codes of single facts that ask for a retry, while the service accepts others of the batch. */
const TRY_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const PAUSE_MS_MAX = 5_000;
const REQUEST_MS_MAX = 60_000;
/** Short interruptions are not reported. */
const SAY_AT_FAILURE = 4;

/** Sends batches of facts, and retries until the deadline while the service is busy or restarts. */
export class FactsSender {
  private readonly client: LedgerClient;
  private hasSaid = false;

  constructor(
    private readonly address: LedgerAddress,
    private readonly patience: Patience = { deadline_ms: 120_000, pause_ms: 100 },
    private readonly say: (text: string) => void = () => undefined,
  ) {
    this.client = new LedgerClient(address);
  }

  /** Resolves when every fact has a final answer; throws a Complaint when there is none within the deadline. */
  async send(facts: readonly CloudEvent[]): Promise<Receipt> {
    if (facts.length === 0) return receipt([]);
    const { deadline_ms, pause_ms } = this.patience;
    const batch = new Batch(this.client, facts, performance.now() + deadline_ms);
    try {
      await retry(() => batch.attempt(), {
        ...{ first_ms: pause_ms, last_ms: PAUSE_MS_MAX, ms_max: deadline_ms, askedMs },
        isPassing: (error) => error instanceof Unavailable,
        onFailure: (error, failures) => this.tell(error as Unavailable, failures, batch.left_ms),
      });
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      throw new Complaint(`${this.address.url} does not accept the facts: ${error.why}`);
    }
    return receipt(batch.answered);
  }

  private tell({ why }: Unavailable, failures: number, left_ms: number): void {
    if (failures < SAY_AT_FAILURE || this.hasSaid) return;
    this.hasSaid = true;
    const left_s = Math.round(left_ms / 1_000);
    this.say(`${this.address.url} does not accept the facts (${why}), retrying for ${left_s} s`);
  }
}

/** A batch on its way; facts without a final answer are sent again. */
class Batch {
  readonly answered: FactResult[] = [];
  private problem: Unavailable | undefined;

  constructor(
    private readonly client: LedgerClient,
    private open: readonly CloudEvent[],
    private readonly until_ms: number,
  ) {}

  get left_ms(): number {
    return Math.max(0, this.until_ms - performance.now());
  }

  /** Throws Unavailable when facts are left. */
  async attempt(): Promise<void> {
    const results = await this.results();
    this.answered.push(...results.filter((result) => !isBusy(result)));
    this.open = this.open.filter((_, index) => isBusy(results[index]));
    if (this.open.length > 0) throw (this.problem = new Unavailable('The service is busy', 'it is busy'));
  }

  private async results(): Promise<readonly FactResult[]> {
    try {
      const answer = await this.client.ask<{ results?: readonly FactResult[] }>({
        method: 'POST',
        path: ['facts'],
        content_type: 'application/cloudevents-batch+json',
        body: this.open,
        ms_max: Math.max(1, Math.min(REQUEST_MS_MAX, Math.ceil(this.left_ms))),
      });
      if (answer.results?.length !== this.open.length)
        throw new Complaint('The service did not answer every fact: is this a ledger?');
      return answer.results;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      // the error of an attempt that the deadline cut off says less than the error before
      if (this.problem === undefined || this.left_ms > 0) this.problem = error;
      throw this.problem;
    }
  }
}

const isBusy = (result: FactResult | undefined): boolean =>
  result?.status === 'rejected' && TRY_AGAIN.has(result.error?.code ?? 0);

function receipt(results: readonly FactResult[]): Receipt {
  const count = (status: FactResult['status']): number => results.filter((result) => result.status === status).length;
  const rejected = results
    .filter(({ status }) => status === 'rejected')
    .map(({ id, error }) => ({ id, reason: [error?.message, error?.details].filter(Boolean).join(': ') }));
  return { accepted: count('accepted'), duplicate: count('duplicate'), rejected };
}
