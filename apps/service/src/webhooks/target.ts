import { lookup, type LookupAddress } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { inTime } from '#flow';
import { isPublic } from './addresses.js';

/** The reasons for a refused target, as in the delivery log. */
export type Refusal = 'private_address' | 'https_required' | 'bad_url' | 'unknown_host';

export class TargetRefused extends Error {
  constructor(readonly reason: Refusal) {
    super(`the target is refused: ${reason}`);
  }
}

export interface Message {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The outcome of a request: a status or an error. */
export interface Reply {
  readonly status: number | null;
  readonly error: string | null;
  readonly duration_ms: number;
}

/** The time limit for the whole answer (contract 4.3). */
export const ANSWER_MS_MAX = 10_000;
const LOOKUP_MS_MAX = 5_000;
/** The sender disconnects after this part of an answer. */
const ANSWER_BYTES_MAX = 65_536;

const resolve = promisify(lookup);

/** Sends to targets of webhooks: over https to public addresses, unless private targets are allowed. */
export class Targets {
  constructor(
    private readonly allowPrivate: boolean,
    private readonly answer_ms_max = ANSWER_MS_MAX,
  ) {}

  /** Resolves the host name. Throws TargetRefused. */
  async assertAllowed(target_url: string): Promise<void> {
    const { hostname } = this.parse(target_url);
    if (this.allowPrivate) return;
    const looked = resolve(bare(hostname), { all: true }).catch(() => undefined);
    const found = await inTime(LOOKUP_MS_MAX, looked);
    if (found === undefined) throw new TargetRefused('unknown_host');
    assertPublic(found);
  }

  /** Posts JSON without redirects, and never throws. Checks the addresses of the host for each connection. */
  async post(target_url: string, message: Message): Promise<Reply> {
    const started_ms = performance.now();
    const outcome = await this.send(target_url, message).then(
      (status) => ({ status, error: null }),
      (error: unknown) => ({ status: null, error: reasonOf(error) }),
    );
    return { ...outcome, duration_ms: Math.round(performance.now() - started_ms) };
  }

  private async send(target_url: string, { body, headers }: Message): Promise<number> {
    const url = this.parse(target_url);
    const signal = AbortSignal.timeout(this.answer_ms_max);
    const options = {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'customer-ledger', ...headers },
      // without keep-alive, because a connection that the receiver has just closed would count as a failed attempt
      agent: false as const,
      signal,
      ...(!this.allowPrivate && { lookup: publicLookup }),
    };
    return new Promise((done, failed) => {
      const sent = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, (response) => {
        const { statusCode = 0 } = response;
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > ANSWER_BYTES_MAX) {
            done(statusCode);
            response.destroy();
          }
        });
        response.on('end', () => done(statusCode));
        response.on('error', failed);
      });
      sent.on('error', failed);
      sent.end(body);
    });
  }

  /** Parses a URL. Checks a literal address here, because Node does not resolve it. Throws TargetRefused. */
  private parse(target_url: string): URL {
    const url = URL.canParse(target_url) ? new URL(target_url) : undefined;
    if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
      throw new TargetRefused('bad_url');
    if (this.allowPrivate) return url;
    if (url.protocol !== 'https:') throw new TargetRefused('https_required');
    const address = bare(url.hostname);
    if (isIP(address) !== 0) assertPublic([{ address }]);
    return url;
  }
}

/** Resolves and checks in one step, so that the connection uses the checked addresses. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, []);
    try {
      assertPublic(found);
    } catch (refused) {
      return callback(refused as TargetRefused, []);
    }
    const [first] = found;
    if (options.all === true || first === undefined) return callback(null, found);
    callback(null, first.address, first.family);
  });
};

/** Throws when any address is private, because the connection may use any of them. */
function assertPublic(found: readonly Pick<LookupAddress, 'address'>[]): void {
  if (found.length === 0) throw new TargetRefused('unknown_host');
  if (!found.every(({ address }) => isPublic(address))) throw new TargetRefused('private_address');
}

/** The host name without the brackets of an IPv6 address. */
const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

/** The error code for the log; messages may contain data. */
function reasonOf(error: unknown): string {
  if (error instanceof TargetRefused) return error.reason;
  const { code, name } = error as NodeJS.ErrnoException;
  if (name === 'AbortError' || name === 'TimeoutError') return 'timeout';
  return typeof code === 'string' ? code.toLowerCase() : 'failed';
}
