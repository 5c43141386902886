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

const TRY_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const PAUSE_MS_MAX = 5_000;
const REQUEST_MS_MAX = 60_000;
/** Short interruptions are not reported. */
const SAY_AT_ATTEMPT = 4;

/** Why a batch may be sent again, and how long the service wants to be left alone. */
class Trouble {
  constructor(
    readonly why: string,
    readonly after_ms = 0,
  ) {}
}

/** Hands batches of facts over and does not give up on a busy or restarting service before the deadline. */
export class LedgerClient {
  private readonly headers: Readonly<Record<string, string>>;
  private hasSaid = false;

  constructor(
    private readonly address: LedgerAddress,
    private readonly patience: Patience = { deadline_ms: 120_000, pause_ms: 100 },
    private readonly say: (text: string) => void = () => undefined,
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
    let trouble: Trouble | undefined;
    for (let attempt = 0; open.length > 0; attempt += 1) {
      if (trouble) await this.pause(attempt, until, trouble);
      const results = await this.attempt(open, until);
      if (results instanceof Trouble) {
        // an attempt that the deadline cut off says less than the one before
        trouble = trouble && Date.now() >= until ? trouble : results;
        continue;
      }
      answered.push(...results.filter((result) => !isBusy(result)));
      open = open.filter((_, i) => isBusy(results[i]));
      trouble = new Trouble('it is busy');
    }
    return receipt(answered);
  }

  private async attempt(facts: readonly CloudEvent[], until: number): Promise<readonly FactResult[] | Trouble> {
    const signal = AbortSignal.timeout(Math.max(1, Math.min(REQUEST_MS_MAX, until - Date.now())));
    let answer: { status: number; text: string; after_ms: number };
    try {
      const request = { method: 'POST', headers: this.headers, body: JSON.stringify(facts), signal };
      const response = await fetch(`${this.address.url}/v1/facts`, request);
      const after_ms = Number(response.headers.get('retry-after') ?? 0) * 1000 || 0;
      answer = { status: response.status, text: await response.text(), after_ms };
    } catch (error) {
      return new Trouble(causeOf(error));
    }
    if (TRY_AGAIN.has(answer.status)) return new Trouble(`HTTP ${answer.status}`, answer.after_ms);
    if (answer.status !== 200) {
      throw new Complaint(`${this.address.url} answers ${answer.status}: ${answer.text.slice(0, 500)}`);
    }
    return resultsOf(answer.text, facts.length);
  }

  /** Waits twice as long each time, not less than the service asked for, and never at the same moment as others do. */
  private async pause(attempt: number, until: number, { why, after_ms }: Trouble): Promise<void> {
    const longest = Math.min(PAUSE_MS_MAX, this.patience.pause_ms * 2 ** Math.min(attempt, 10));
    const pause_ms = Math.max(longest / 2, Math.min(PAUSE_MS_MAX, after_ms)) + (Math.random() * longest) / 2;
    if (Date.now() + pause_ms > until) throw new Complaint(`${this.address.url} does not take the facts: ${why}`);
    if (attempt >= SAY_AT_ATTEMPT && !this.hasSaid) {
      this.hasSaid = true;
      this.say(
        `${this.address.url} does not take the facts (${why}), trying on for ${Math.round((until - Date.now()) / 1000)} s`,
      );
    }
    await sleep(pause_ms);
  }
}

/** One fact may be told to come back later while its neighbours are taken. */
const isBusy = (result: FactResult | undefined): boolean =>
  result?.status === 'rejected' && TRY_AGAIN.has(result.error?.code ?? 0);

function resultsOf(text: string, expected: number): readonly FactResult[] {
  const results = listOf(text);
  if (results?.length !== expected) throw new Complaint('The service did not answer every fact: is this a ledger?');
  return results;
}

function listOf(text: string): readonly FactResult[] | undefined {
  try {
    return (JSON.parse(text) as { results?: readonly FactResult[] }).results;
  } catch {
    return undefined;
  }
}

function receipt(results: readonly FactResult[]): Receipt {
  const count = (status: FactResult['status']): number => results.filter((result) => result.status === status).length;
  const rejected = results
    .filter(({ status }) => status === 'rejected')
    .map(({ id, error }) => ({ id, reason: [error?.message, error?.details].filter(Boolean).join(': ') }));
  return { accepted: count('accepted'), duplicate: count('duplicate'), rejected };
}

/** Why a request failed, in words. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
