import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudEvent } from './cloud-event.js';
import { Complaint } from './complaint.js';

export interface LedgerAddress {
  readonly url: string;
  /** `app-id:token`. */
  readonly key: string;
}

export interface RejectedFact {
  readonly id: string | null;
  readonly reason: string;
}

/** What became of a batch. */
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
  /** How long one batch may take, retries included. */
  readonly deadline_ms: number;
  /** The first pause; each further one may be twice as long, up to 5 s. */
  readonly pause_ms: number;
}

const TRY_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const PAUSE_MS_MAX = 5_000;
const REQUEST_MS_MAX = 60_000;

/** Hands batches of facts over and does not give up on a busy or restarting service before the deadline. */
export class LedgerClient {
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    private readonly address: LedgerAddress,
    private readonly patience: Patience = { deadline_ms: 120_000, pause_ms: 100 },
  ) {
    const [appId = '', ...token] = address.key.split(':');
    this.headers = {
      'content-type': 'application/cloudevents-batch+json',
      'x-app-id': appId,
      'x-app-token': token.join(':'),
    };
  }

  /** Resolves when every fact has a final answer; throws a Complaint when there is none within the deadline. */
  async send(facts: readonly CloudEvent[]): Promise<Receipt> {
    const until = Date.now() + this.patience.deadline_ms;
    const answered: FactResult[] = [];
    let open = facts;
    for (let attempt = 0; open.length > 0; attempt += 1) {
      const results = await this.attempt(open, until);
      const waiting = typeof results === 'string' ? open : open.filter((_, i) => isBusy(results[i]));
      if (typeof results !== 'string') answered.push(...results.filter((result) => !isBusy(result)));
      if (waiting.length > 0) await this.pause(attempt, until, typeof results === 'string' ? results : 'busy');
      open = waiting;
    }
    return receipt(answered);
  }

  /** The results, or as text why it may be tried again. */
  private async attempt(facts: readonly CloudEvent[], until: number): Promise<readonly FactResult[] | string> {
    const signal = AbortSignal.timeout(Math.max(1, Math.min(REQUEST_MS_MAX, until - Date.now())));
    let answer: { status: number; text: string };
    try {
      const request = { method: 'POST', headers: this.headers, body: JSON.stringify(facts), signal };
      const response = await fetch(`${this.address.url}/v1/facts`, request);
      answer = { status: response.status, text: await response.text() };
    } catch (error) {
      return causeOf(error);
    }
    if (TRY_AGAIN.has(answer.status)) return `HTTP ${answer.status}`;
    if (answer.status !== 200) {
      throw new Complaint(`${this.address.url} answers ${answer.status}: ${answer.text.slice(0, 500)}`);
    }
    return resultsOf(answer.text, facts.length);
  }

  private async pause(attempt: number, until: number, why: string): Promise<void> {
    const longest = Math.min(PAUSE_MS_MAX, this.patience.pause_ms * 2 ** Math.min(attempt, 10));
    const pause = longest * (0.5 + Math.random() / 2);
    if (Date.now() + pause > until) throw new Complaint(`${this.address.url} does not take the facts: ${why}`);
    await sleep(pause);
  }
}

/** One fact may be told to come back later while its neighbours are taken. */
const isBusy = (result: FactResult | undefined): boolean =>
  result?.status === 'rejected' && TRY_AGAIN.has(result.error?.code ?? 0);

function resultsOf(text: string, expected: number): readonly FactResult[] {
  const { results } = JSON.parse(text) as { results?: readonly FactResult[] };
  if (results?.length !== expected) throw new Complaint('The service did not answer every fact: is this a ledger?');
  return results;
}

function receipt(results: readonly FactResult[]): Receipt {
  const count = (status: FactResult['status']): number => results.filter((result) => result.status === status).length;
  const rejected = results
    .filter(({ status }) => status === 'rejected')
    .map(({ id, error }) => ({ id, reason: [error?.message, error?.details].filter(Boolean).join(': ') }));
  return { accepted: count('accepted'), duplicate: count('duplicate'), rejected };
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
