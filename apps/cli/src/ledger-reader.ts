import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { Complaint } from './complaint.js';
import { causeOf, type LedgerAddress } from './ledger-client.js';

export interface Question {
  /** Parts of the path below `/v1`, not encoded. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly accept?: string;
}

const TRY_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const ATTEMPTS_MAX = 4;
const PAUSE_MS = 250;
const PAUSE_MS_MAX = 5_000;
/** Until an answer begins, and between two parts of it. */
const SILENCE_MS_MAX = 60_000;

/** Asks the service, and complains in its words. */
export class LedgerReader {
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    private readonly address: LedgerAddress,
    private readonly pause_ms = PAUSE_MS,
  ) {
    const [appId = '', ...token] = address.key.split(':');
    this.headers = { 'x-app-id': appId, 'x-app-token': token.join(':') };
  }

  /** The answer, parsed. Throws a Complaint. */
  async ask<T>(question: Question): Promise<T> {
    const { body } = await this.open({ accept: 'application/json', ...question });
    let text = '';
    const decoder = new TextDecoder();
    for await (const part of body) text += decoder.decode(part, { stream: true });
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new Complaint(`${this.address.url} answers something else than JSON: is this a ledger?`);
    }
  }

  /** The answer as it comes. Throws a Complaint, also when it stops coming. */
  async open(question: Question): Promise<{ readonly headers: Headers; readonly body: AsyncIterable<Uint8Array> }> {
    for (let attempt = 1; ; attempt++) {
      const silence = new Silence();
      const response = await this.fetched(question, silence);
      if (response.ok) return { headers: response.headers, body: this.parts(response, silence) };
      const text = await response.text().catch(() => '');
      silence.end();
      if (!TRY_AGAIN.has(response.status) || attempt >= ATTEMPTS_MAX) throw complaint(response.status, text);
      const asked_ms = Number(response.headers.get('retry-after') ?? 0) * 1_000 || 0;
      await sleep(Math.min(PAUSE_MS_MAX, Math.max(asked_ms, this.pause_ms * 2 ** attempt)));
    }
  }

  private async fetched({ path, query = {}, accept = '*/*' }: Question, { signal }: Silence): Promise<Response> {
    const asked = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const place = `/v1/${path.map(encodeURIComponent).join('/')}`;
    const search = asked.length === 0 ? '' : `?${new URLSearchParams(asked).toString()}`;
    try {
      return await fetch(this.address.url + place + search, { headers: { ...this.headers, accept }, signal });
    } catch (error) {
      throw new Complaint(`${this.address.url} cannot be reached: ${causeOf(error)}`);
    }
  }

  private async *parts({ body }: Response, silence: Silence): AsyncGenerator<Uint8Array> {
    try {
      for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
        silence.isBroken();
        yield part;
      }
    } catch (error) {
      throw new Complaint(`${this.address.url} broke off its answer: ${causeOf(error)}`);
    } finally {
      silence.end();
    }
  }
}

/** Ends a request to which nothing is answered any more. */
class Silence {
  private readonly gone = new AbortController();
  private timer = this.begin();

  get signal(): AbortSignal {
    return this.gone.signal;
  }

  isBroken(): void {
    this.end();
    this.timer = this.begin();
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private begin(): NodeJS.Timeout {
    return setTimeout(
      () => this.gone.abort(new Error(`nothing came for ${SILENCE_MS_MAX / 1_000} s`)),
      SILENCE_MS_MAX,
    ).unref();
  }
}

function complaint(status: number, text: string): Complaint {
  try {
    const { message, details } = JSON.parse(text) as { message?: string; details?: string };
    const said = [message, details].filter(Boolean).join(': ');
    if (said !== '') return new Complaint(`${said} (${status})`);
  } catch {
    // it was not a ledger that answered
  }
  return new Complaint(`The service answers ${status}: ${text.slice(0, 500)}`);
}

export interface AddressOptions {
  readonly url: string;
  readonly key?: string;
}

/** The options that say which service is asked. */
export const addressed = (command: Command): Command =>
  command
    .option('--url <url>', 'service (LEDGER_URL)', process.env['LEDGER_URL'] ?? 'http://127.0.0.1:3000')
    .option('--key <app-id:token>', 'key with the role audit (LEDGER_KEY)');

export function readerOf({ url, key = process.env['LEDGER_KEY'] }: AddressOptions): LedgerReader {
  if (key === undefined) throw new Complaint('Name a key: LEDGER_KEY=app-id:token or --key app-id:token');
  return new LedgerReader({ url: url.replace(/\/+$/, ''), key });
}
