import { retry } from '#flow';
import { type AddressOptions, addressOf, type LedgerAddress } from './address.js';
import { Complaint } from './complaint.js';

export interface Question {
  readonly method?: 'GET' | 'POST';
  /** Parts of the path below `/v1`, not encoded. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly accept?: string;
  /** Sent as JSON. */
  readonly body?: object;
  readonly content_type?: string;
  /** The deadline of the whole answer. */
  readonly ms_max?: number;
}

export interface Answer {
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array>;
}

/** The service cannot answer at the moment, so that a retry may help. */
export class Unavailable extends Complaint {
  constructor(
    message: string,
    readonly why: string,
    /** The pause that the service asks for. */
    readonly asked_ms = 0,
  ) {
    super(message);
  }
}

/** No answer came at all. */
export class Unreachable extends Unavailable {}

const TRY_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const ATTEMPTS_MAX = 4;
const PAUSE_MS_FIRST = 500;
const PAUSE_MS_MAX = 5_000;
/** The longest silence before an answer and between two parts of it. */
const SILENCE_MS_MAX = 60_000;

/** Sends requests to the service, throws its errors, and retries reads while it is busy. */
export class LedgerClient {
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly address: LedgerAddress,
    private readonly pause_ms = PAUSE_MS_FIRST,
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
      throw new Complaint(`${this.address.url} does not answer with JSON: is this a ledger?`);
    }
  }

  /** The answer as a stream. Throws a Complaint, also when the stream stops. */
  open(question: Question): Promise<Answer> {
    const attempt = (): Promise<Answer> => this.attempt(question);
    if (question.method === 'POST') return attempt();
    return retry(attempt, {
      first_ms: this.pause_ms,
      last_ms: PAUSE_MS_MAX,
      attempts_max: ATTEMPTS_MAX,
      isPassing: (error) => error instanceof Unavailable && !(error instanceof Unreachable),
      askedMs,
    });
  }

  private async attempt(question: Question): Promise<Answer> {
    const silence = new Silence(question.ms_max);
    const response = await this.fetched(question, silence);
    if (response.ok) return { headers: response.headers, body: this.parts(response, silence) };
    const text = await response.text().catch(() => '');
    silence.end();
    throw complaint(response, text);
  }

  private async fetched(question: Question, { signal }: Silence): Promise<Response> {
    const { method = 'GET', path, query = {}, accept = '*/*', body, content_type = 'application/json' } = question;
    const asked = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const place = `/v1/${path.map(encodeURIComponent).join('/')}`;
    const search = asked.length === 0 ? '' : `?${new URLSearchParams(asked).toString()}`;
    const content = body && { headers: { 'content-type': content_type }, body: JSON.stringify(body) };
    const headers = { ...this.headers, accept, ...content?.headers };
    try {
      return await fetch(this.address.url + place + search, { method, signal, ...content, headers });
    } catch (error) {
      const why = causeOf(error);
      throw new Unreachable(`${this.address.url} cannot be reached: ${why}`, why);
    }
  }

  private async *parts({ body }: Response, silence: Silence): AsyncGenerator<Uint8Array> {
    try {
      for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
        silence.isBroken();
        yield part;
      }
    } catch (error) {
      const why = causeOf(error);
      throw new Unreachable(`${this.address.url} broke off its answer: ${why}`, why);
    } finally {
      silence.end();
    }
  }
}

/** Aborts a request after a long silence or at its deadline. */
class Silence {
  readonly signal: AbortSignal;
  private readonly gone = new AbortController();
  private timer = this.begin();

  constructor(ms_max?: number) {
    const { signal } = this.gone;
    this.signal = ms_max === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(ms_max)]);
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
      () => this.gone.abort(new Error(`no data for ${SILENCE_MS_MAX / 1_000} s`)),
      SILENCE_MS_MAX,
    ).unref();
  }
}

function complaint({ status, headers }: Response, text: string): Complaint {
  const said = wordsOf(text);
  const message = said === '' ? `The service answers ${status}: ${text.slice(0, 500)}` : `${said} (${status})`;
  if (!TRY_AGAIN.has(status)) return new Complaint(message);
  return new Unavailable(message, `HTTP ${status}`, Number(headers.get('retry-after') ?? 0) * 1_000 || 0);
}

/** The message of an error; empty when the answer is not from a ledger. */
function wordsOf(text: string): string {
  try {
    const { message, details } = JSON.parse(text) as { message?: string; details?: string };
    return [message, details].filter(Boolean).join(': ');
  } catch {
    return '';
  }
}

/** The pause that the service asks for, in ms. */
export const askedMs = (error: unknown): number => (error instanceof Unavailable ? error.asked_ms : 0);

/** The reason why a request failed. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}

export const clientFor = (options: AddressOptions): LedgerClient => new LedgerClient(addressOf(options));
