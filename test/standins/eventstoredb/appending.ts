import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import {
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  status,
} from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import rpc from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import { type ExpectedRevision, type NewEvent, type Receipt, StreamDeleted, WrongRevision } from '#event-store';
import { failure, failureOf, nameIn, parseJson, streamNamed, toWire, uuidText } from './messages.js';
import { DELETED, METADATA, metastream, type Node } from './node.js';

const APPEND_BYTES_MAX = 1_048_576;
const CANCELLATION_TURNS = 10;
const NEVER = new Promise<never>(() => undefined);

/** An append under way: where to, and what has come of it so far. */
interface Draft {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: NewEvent[];
  bytes: number;
}

type Proposed = streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage;
type Options = streams.AppendReq.Options | streams.DeleteReq.Options | streams.TombstoneReq.Options;

class TooLarge extends Error {}

function expectedIn(options: Options): ExpectedRevision {
  if (options.hasRevision()) return Number(options.getRevision());
  if (options.hasNoStream()) return 'no-stream';
  return options.hasStreamExists() ? 'stream-exists' : 'any';
}

function take(draft: Draft, proposed: Proposed): void {
  const [data, metadata] = [proposed.getData_asU8(), proposed.getCustomMetadata_asU8()];
  draft.bytes += data.length + metadata.length;
  const type = proposed.getMetadataMap().get('type') ?? '';
  draft.events.push({ id: uuidText(proposed.getId()), type, data: parseJson(data), metadata: parseJson(metadata) });
}

async function write(node: Node, { stream, expected, events, bytes }: Draft): Promise<Receipt> {
  if (node.faults.isFrozen) await NEVER;
  if (bytes > APPEND_BYTES_MAX) throw new TooLarge();
  const receipt = await node.store.append(stream, expected, events);
  if (node.faults.lost_acknowledgements > 0) {
    node.faults.lost_acknowledgements -= 1;
    await NEVER;
  }
  return receipt;
}

/** The call for one append. */
export async function append(
  node: Node,
  call: ServerReadableStream<streams.AppendReq, streams.AppendResp>,
  answer: sendUnaryData<streams.AppendResp>,
): Promise<void> {
  node.counts.appends += 1;
  try {
    const draft = await draftOf(call);
    // a client that cancels in the middle of the events ends them first: its cancellation is here some turns later
    for (let turn = 0; turn < CANCELLATION_TURNS && !call.cancelled; turn++) await setImmediate();
    if (call.cancelled) return;
    answer(null, appended(draft, await write(node, draft).catch(conflictOf)));
  } catch (error) {
    answer(error instanceof TooLarge ? tooLarge() : failureOf(error));
  }
}

async function draftOf(call: AsyncIterable<streams.AppendReq>): Promise<Draft> {
  let draft: Draft | undefined;
  for await (const request of call) {
    const options = request.getOptions();
    const proposed = request.getProposedMessage();
    if (options)
      draft = { stream: nameIn(options.getStreamIdentifier()), expected: expectedIn(options), events: [], bytes: 0 };
    if (draft && proposed) take(draft, proposed);
  }
  if (!draft) throw new Error('an append without options');
  return draft;
}

/** A conflict is an answer here, not an error. */
function conflictOf(error: unknown): WrongRevision {
  if (error instanceof WrongRevision) return error;
  throw error;
}

function appended(draft: Draft, outcome: Receipt | WrongRevision): streams.AppendResp {
  if (outcome instanceof WrongRevision) return new streams.AppendResp().setWrongExpectedVersion(conflict(outcome));
  const success = new streams.AppendResp.Success();
  if (outcome.revision < 0) success.setNoStream(new shared.Empty());
  else success.setCurrentRevision(String(outcome.revision));
  const position = new streams.AppendResp.Position();
  position.setCommitPosition(toWire(outcome.position)).setPreparePosition(toWire(outcome.position));
  return new streams.AppendResp().setSuccess(success.setPosition(position));
}

function conflict({ expected, actual }: WrongRevision): streams.AppendResp.WrongExpectedVersion {
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (actual === 'no-stream') wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(String(actual));
  if (expected === 'no-stream') wrong.setExpectedNoStream(new shared.Empty());
  else if (expected === 'stream-exists') wrong.setExpectedStreamExists(new shared.Empty());
  else if (expected === 'any') wrong.setExpectedAny(new shared.Empty());
  else wrong.setExpectedRevision(String(expected));
  return wrong;
}

const tooLarge = () =>
  failure(status.INVALID_ARGUMENT, 'maximum-append-size-exceeded', { 'maximum-append-size': String(APPEND_BYTES_MAX) });

/** The one long call for many appends: options come with the first part of each, its end is marked. */
export function batchAppend(
  node: Node,
  call: ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>,
): void {
  const drafts = new Map<string, Draft>();
  call.on('data', (request: streams.BatchAppendReq) => {
    const id = uuidText(request.getCorrelationId());
    const options = request.getOptions();
    const draft =
      drafts.get(id) ??
      (options && {
        stream: nameIn(options.getStreamIdentifier()),
        expected: batchExpected(options),
        events: [],
        bytes: 0,
      });
    if (!draft) return;
    drafts.set(id, draft);
    for (const proposed of request.getProposedMessagesList()) take(draft, proposed);
    if (!request.getIsFinal()) return;
    drafts.delete(id);
    node.counts.batches += 1;
    void write(node, draft)
      .then(succeeded, (error: unknown) => new streams.BatchAppendResp().setError(statusOf(error)))
      .then((answer) =>
        call.write(answer.setCorrelationId(request.getCorrelationId()).setStreamIdentifier(streamNamed(draft.stream))),
      );
  });
  call.on('end', () => call.end());
  call.on('error', () => undefined);
}

function batchExpected(options: streams.BatchAppendReq.Options): ExpectedRevision {
  if (options.hasStreamPosition()) return Number(options.getStreamPosition());
  if (options.hasNoStream()) return 'no-stream';
  return options.hasStreamExists() ? 'stream-exists' : 'any';
}

function succeeded({ revision, position }: Receipt): streams.BatchAppendResp {
  const at = new shared.AllStreamPosition();
  at.setCommitPosition(toWire(position)).setPreparePosition(toWire(position));
  const success = new streams.BatchAppendResp.Success().setPosition(at);
  if (revision < 0) success.setNoStream(new empty.Empty());
  else success.setCurrentRevision(String(revision));
  return new streams.BatchAppendResp().setSuccess(success);
}

function statusOf(error: unknown): rpc.Status {
  const [name, message] = detailsOf(error);
  const details = new any.Any();
  details.setTypeUrl(`type.googleapis.com/event_store.client.${name}`);
  details.setValue(message.serializeBinary());
  return new rpc.Status()
    .setCode(status.FAILED_PRECONDITION as number)
    .setMessage(String(error))
    .setDetails(details);
}

function detailsOf(error: unknown): [string, { serializeBinary(): Uint8Array }] {
  if (error instanceof StreamDeleted)
    return ['StreamDeleted', new shared.StreamDeleted().setStreamIdentifier(streamNamed(error.stream))];
  if (error instanceof TooLarge)
    return ['MaximumAppendSizeExceeded', new shared.MaximumAppendSizeExceeded().setMaxappendsize(APPEND_BYTES_MAX)];
  if (!(error instanceof WrongRevision)) return ['Unknown', new shared.Unknown()];
  const wrong = new shared.WrongExpectedVersion();
  if (error.actual === 'no-stream') wrong.setCurrentNoStream(new empty.Empty());
  else wrong.setCurrentStreamRevision(String(error.actual));
  if (error.expected === 'no-stream') wrong.setExpectedNoStream(new empty.Empty());
  else if (error.expected === 'stream-exists') wrong.setExpectedStreamExists(new empty.Empty());
  else if (error.expected === 'any') wrong.setExpectedAny(new empty.Empty());
  else wrong.setExpectedStreamPosition(String(error.expected));
  return ['WrongExpectedVersion', wrong];
}

/** Both kinds of deletion; what the server writes beside them is seen in $all. */
export async function remove(
  node: Node,
  call: ServerUnaryCall<streams.DeleteReq | streams.TombstoneReq, streams.DeleteResp & streams.TombstoneResp>,
  answer: sendUnaryData<streams.DeleteResp & streams.TombstoneResp>,
  kind: 'soft' | 'hard',
): Promise<void> {
  try {
    const options = call.request.getOptions() as streams.DeleteReq.Options;
    const stream = nameIn(options.getStreamIdentifier());
    await node.store.delete(stream, expectedIn(options), kind);
    const type = kind === 'soft' ? METADATA : DELETED;
    const data = kind === 'soft' ? { $tb: Number.MAX_SAFE_INTEGER } : {};
    const { position } = await node.store.append(metastream(stream), 'any', [
      { id: randomUUID(), type, data, metadata: {} },
    ]);
    const at = new streams.DeleteResp.Position();
    at.setCommitPosition(toWire(position)).setPreparePosition(toWire(position));
    const response = kind === 'soft' ? new streams.DeleteResp() : new streams.TombstoneResp();
    answer(null, response.setPosition(at));
  } catch (error) {
    answer(failureOf(error));
  }
}
