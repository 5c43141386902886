import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { onceClosed } from '../http/request.js';

/** The interval of comments, because proxies and clients close silent connections. */
const SIGN_OF_LIFE_MS = 15_000;
/** A client that reads nothing for this time is disconnected; it resumes with its last id. */
const READ_MS_MAX = 60_000;

/** One client's Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export class EventStream {
  private readonly gone = new AbortController();
  private readonly signs: NodeJS.Timeout;

  /** `head` is the end of the history at the start of the stream. */
  constructor(
    private readonly response: ServerResponse,
    head: bigint,
  ) {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-ledger-position': String(head),
    });
    response.write(': following\n\n');
    this.signs = setInterval(() => response.write(':\n\n'), SIGN_OF_LIFE_MS);
    onceClosed(response, () => this.gone.abort());
  }

  /** Aborts when the client has left. */
  get left(): AbortSignal {
    return this.gone.signal;
  }

  /** Waits for a slow client; rejects when it does not read at all. */
  async send(text: string): Promise<void> {
    if (this.response.write(text)) return;
    await once(this.response, 'drain', { signal: AbortSignal.any([this.left, AbortSignal.timeout(READ_MS_MAX)]) });
  }

  end(): void {
    clearInterval(this.signs);
    this.response.end();
  }
}

/** The text of an event; without an id the client keeps its last id. */
export function eventText(event: { readonly id?: string; readonly type: string; readonly data: object }): string {
  const id = event.id === undefined ? '' : `id: ${event.id}\n`;
  return `${id}event: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`;
}
