import { randomUUID } from 'node:crypto';
import { type ServerWritableStream, status } from '@grpc/grpc-js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { RecordedEvent } from '#event-store';
import { Failure, failure, fromWire, nameIn, readEvent, streamNamed, toWire } from './messages.js';
import { DELETED, metastream, type Node } from './node.js';

type Call = ServerWritableStream<streams.ReadReq, streams.ReadResp>;
type Options = streams.ReadReq.Options;
type Filter = ((event: RecordedEvent) => boolean) | undefined;

const FOLLOW_BATCH = 200;
/** Counted in considered events, when the client leaves it to the server. */
const WINDOW = 32;
const NEVER = new Promise<never>(() => undefined);

/** Reads and subscriptions of a stream or of $all: one call for all of them. */
export async function read(node: Node, call: Call): Promise<void> {
  node.counts.reads += 1;
  try {
    if (node.faults.isFrozen) await NEVER;
    const options = call.request.getOptions() as Options;
    if (options.hasSubscription()) await subscribe(node, call, options);
    else await (options.hasAll() ? readAll(node, call, options) : readStream(node, call, options));
    call.end();
  } catch (error) {
    call.emit('error', error);
  }
}

const isStructured = (options: Options): boolean => options.getUuidOption()?.hasStructured() ?? false;
const isBackwards = (options: Options): boolean =>
  options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;

/** Respects the client's pace. */
async function send(call: Call, message: streams.ReadResp): Promise<void> {
  if (call.cancelled || call.write(message)) return;
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      call.off('drain', goOn);
      call.off('cancelled', goOn);
      resolve();
    };
    call.on('drain', goOn);
    call.on('cancelled', goOn);
  });
}

async function readStream(node: Node, call: Call, options: Options): Promise<void> {
  const stream = options.getStream();
  const name = nameIn(stream?.getStreamIdentifier());
  if (!(await isThere(node, name))) {
    const missing = new streams.ReadResp.StreamNotFound().setStreamIdentifier(streamNamed(name));
    return send(call, new streams.ReadResp().setStreamNotFound(missing));
  }
  const limit = Number(options.getCount());
  const from = stream?.hasRevision() ? { from: Number(stream.getRevision()) } : {};
  const direction = isBackwards(options) ? 'backwards' : 'forwards';
  for await (const event of node.store.read(name, { ...from, direction, limit })) {
    if (call.cancelled) return;
    await send(call, readEvent(event, isStructured(options)));
  }
}

/** Throws for a tombstone. */
async function isThere(node: Node, name: string): Promise<boolean> {
  for await (const _ of node.store.read(name, { limit: 1 })) return true;
  for await (const { type } of node.store.read(metastream(name), { direction: 'backwards', limit: 1 }))
    if (type === DELETED)
      throw new Failure(failure(status.FAILED_PRECONDITION, 'stream-deleted', { 'stream-name': name }));
  return false;
}

async function readAll(node: Node, call: Call, options: Options): Promise<void> {
  const limit = Number(options.getCount());
  const all = isBackwards(options)
    ? backwards(node, positionIn(options), limit)
    : forwards(node, positionIn(options), limit);
  for await (const event of all) {
    if (call.cancelled) return;
    await send(call, readEvent(event, isStructured(options)));
  }
}

/** From a position, the event there included. */
async function* forwards(node: Node, from: bigint | 'start' | 'end', limit: number): AsyncGenerator<RecordedEvent> {
  if (from === 'end') return;
  yield* node.store.readAll(from === 'start' || from === 0n ? 0n : from - 1n, limit);
}

/** From a position, the event there left out. The store has no way back, so it is looked for forwards, from further and further away. */
async function* backwards(node: Node, from: bigint | 'start' | 'end', limit: number): AsyncGenerator<RecordedEvent> {
  if (from === 'start') return;
  const end = from === 'end' ? (await node.store.head()) + 1n : from;
  for (let distance = 1_000n; ; distance *= 10n) {
    const found: RecordedEvent[] = [];
    for await (const event of node.store.readAll(end > distance ? end - distance : 0n)) {
      if (event.position >= end) break;
      found.push(event);
    }
    if (found.length < limit && end > distance) continue;
    yield* found.reverse().slice(0, limit);
    return;
  }
}

/** Throws for a position that was never given out. */
function positionIn(options: Options): bigint | 'start' | 'end' {
  const all = options.getAll();
  if (all?.hasEnd()) return 'end';
  const position = all?.getPosition();
  if (position === undefined) return 'start';
  const known = fromWire(position.getCommitPosition());
  if (known === undefined || position.getCommitPosition() !== position.getPreparePosition())
    throw new Failure({ code: status.INVALID_ARGUMENT, details: 'invalid position' });
  return known;
}

async function subscribe(node: Node, call: Call, options: Options): Promise<void> {
  node.counts.subscriptions += 1;
  const leave = new AbortController();
  const forget = node.faults.subscribed(() => leave.abort());
  call.once('cancelled', () => leave.abort());
  call.once('close', () => leave.abort());
  try {
    const confirmation = new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(randomUUID());
    await send(call, new streams.ReadResp().setConfirmation(confirmation));
    await new Following(node, call, options, leave.signal).run();
  } finally {
    forget();
  }
}

/** A subscriber gets this after the confirmation: the events so far, that it has caught up, the events that come. */
class Following {
  private considered = 0;
  private isLive = false;
  private readonly filter: Filter;
  private readonly window: number;

  constructor(
    private readonly node: Node,
    private readonly call: Call,
    private readonly options: Options,
    private readonly signal: AbortSignal,
  ) {
    this.filter = filterOf(options);
    const given = options.getFilter();
    this.window = (given?.hasMax() ? given.getMax() : WINDOW) * (given?.getCheckpointintervalmultiplier() || 1);
  }

  async run(): Promise<void> {
    const { store } = this.node;
    const after = await this.after();
    await this.maybeLive(after);
    for await (const batch of store.follow(after, { batch_size_max: FOLLOW_BATCH, signal: this.signal })) {
      for (const event of batch.events) await this.take(event);
      await this.maybeLive(batch.position);
    }
  }

  /** Exclusive. */
  private async after(): Promise<bigint> {
    const stream = this.options.getStream();
    if (stream?.hasRevision())
      return this.positionOf(nameIn(stream.getStreamIdentifier()), Number(stream.getRevision()));
    const at = stream?.hasEnd() ? 'end' : positionIn(this.options);
    if (at === 'end') return this.node.store.head();
    return at === 'start' ? 0n : at;
  }

  private async positionOf(name: string, revision: number): Promise<bigint> {
    for await (const { position } of this.node.store.read(name, { from: revision, limit: 1 })) return position;
    return 0n;
  }

  private async take(event: RecordedEvent): Promise<void> {
    if (this.node.faults.isStalled) return void (await NEVER);
    if (this.signal.aborted) return;
    const stream = this.options.getStream();
    const isWanted = stream ? event.stream === nameIn(stream.getStreamIdentifier()) : (this.filter?.(event) ?? true);
    if (isWanted) await send(this.call, readEvent(event, isStructured(this.options)));
    if (this.filter && ++this.considered % this.window === 0) await this.checkpoint(event.position);
  }

  private async maybeLive(position: bigint): Promise<void> {
    if (this.isLive || position < (await this.node.store.head())) return;
    this.isLive = true;
    if (this.filter) await this.checkpoint(position);
    await send(this.call, new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()));
  }

  private async checkpoint(position: bigint): Promise<void> {
    const checkpoint = new streams.ReadResp.Checkpoint();
    checkpoint.setCommitPosition(toWire(position)).setPreparePosition(toWire(position));
    await send(this.call, new streams.ReadResp().setCheckpoint(checkpoint));
  }
}

/** By stream name or event type, by prefix or regular expression. */
function filterOf(options: Options): Filter {
  const filter = options.getFilter();
  if (filter === undefined) return undefined;
  const expression = filter.getStreamIdentifier() ?? filter.getEventType();
  const textOf = (event: RecordedEvent): string => (filter.hasStreamIdentifier() ? event.stream : event.type);
  const prefixes = expression?.getPrefixList() ?? [];
  const regex = new RegExp(expression?.getRegex() ?? '');
  return (event) =>
    prefixes.length > 0 ? prefixes.some((prefix) => textOf(event).startsWith(prefix)) : regex.test(textOf(event));
}
