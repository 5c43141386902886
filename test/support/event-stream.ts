import { KEYS, type Service } from './service.js';

export interface StreamedEvent {
  readonly id: string | undefined;
  readonly type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any;
}

/** Follows a feed as a client of Server-Sent Events does. */
export async function* follow(
  service: Service,
  path: string,
  { after, signal }: { readonly after?: string; readonly signal: AbortSignal },
): AsyncGenerator<StreamedEvent> {
  const headers = {
    'x-app-id': KEYS.read.app_id,
    'x-app-token': KEYS.read.token,
    ...(after !== undefined && { 'last-event-id': after }),
  };
  const { body, status } = await fetch(service.url + path, { headers, signal });
  if (status !== 200 || !body) throw new Error(`${path} answered ${status}`);
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const fields = new Map(
        part
          .split('\n')
          .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      const data = fields.get('data');
      if (data !== undefined) yield { id: fields.get('id'), type: fields.get('event') ?? '', data: JSON.parse(data) };
    }
  }
}

/** Collects events until `enough` says so. */
export async function collectFeed(
  service: Service,
  path: string,
  enough: (all: readonly StreamedEvent[]) => boolean,
  after?: string,
): Promise<StreamedEvent[]> {
  const leave = new AbortController();
  const all: StreamedEvent[] = [];
  const signal = AbortSignal.any([leave.signal, AbortSignal.timeout(20_000)]);
  for await (const one of follow(service, path, { signal, ...(after !== undefined && { after }) })) {
    all.push(one);
    if (enough(all)) break;
  }
  leave.abort();
  return all;
}
