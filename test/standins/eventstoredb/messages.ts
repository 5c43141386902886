import { randomUUID } from 'node:crypto';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { type JsonObject, type RecordedEvent, StreamDeleted, WrongRevision } from '#event-store';

/* The words of the wire: what the client's own generated classes say. */

/** Positions on the wire have gaps, and one that was never given out is recognised. */
const SPREAD = 100n;
const OFFSET = 7n;
export const toWire = (position: bigint): string => String(position === 0n ? 0n : position * SPREAD + OFFSET);

/** Undefined for a position that no event has. */
export function fromWire(text: string): bigint | undefined {
  const wire = BigInt(text);
  if (wire === 0n) return 0n;
  return wire % SPREAD === OFFSET ? wire / SPREAD : undefined;
}

export function uuidText(uuid: shared.UUID | undefined): string {
  if (uuid === undefined) return randomUUID();
  if (uuid.hasString()) return uuid.getString();
  const bits = uuid.getStructured();
  const half = (value: string | undefined): string =>
    BigInt.asUintN(64, BigInt(value ?? 0))
      .toString(16)
      .padStart(16, '0');
  const hex = half(bits?.getMostSignificantBits()) + half(bits?.getLeastSignificantBits());
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export function uuidOf(text: string, isStructured: boolean): shared.UUID {
  if (!isStructured) return new shared.UUID().setString(text);
  const hex = text.replaceAll('-', '');
  const half = (part: string): string => String(BigInt.asIntN(64, BigInt(`0x${part}`)));
  const bits = new shared.UUID.Structured();
  bits.setMostSignificantBits(half(hex.slice(0, 16))).setLeastSignificantBits(half(hex.slice(16)));
  return new shared.UUID().setStructured(bits);
}

export const streamNamed = (name: string): shared.StreamIdentifier =>
  new shared.StreamIdentifier().setStreamName(Buffer.from(name));

export const nameIn = (identifier: shared.StreamIdentifier | undefined): string =>
  Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();

/** An event as it is read; `created` is not kept, so it is now. */
export function readEvent(recorded: RecordedEvent, isStructured: boolean): streams.ReadResp {
  const event = new streams.ReadResp.ReadEvent.RecordedEvent();
  event.setId(uuidOf(recorded.id, isStructured)).setStreamIdentifier(streamNamed(recorded.stream));
  event.setStreamRevision(String(recorded.revision));
  event.setCommitPosition(toWire(recorded.position)).setPreparePosition(toWire(recorded.position));
  event.setData(Buffer.from(JSON.stringify(recorded.data)));
  event.setCustomMetadata(Buffer.from(JSON.stringify(recorded.metadata)));
  const metadata = event.getMetadataMap();
  metadata.set('type', recorded.type);
  metadata.set('content-type', 'application/json');
  metadata.set('created', String(BigInt(Date.now()) * 10_000n));
  const read = new streams.ReadResp.ReadEvent().setEvent(event).setCommitPosition(toWire(recorded.position));
  return new streams.ReadResp().setEvent(read);
}

export const parseJson = (bytes: Uint8Array): JsonObject =>
  bytes.length === 0 ? {} : (JSON.parse(Buffer.from(bytes).toString()) as JsonObject);

/** A gRPC error with the trailers by which the client tells its own errors. */
export function failure(
  code: status,
  exception: string,
  trailers: Readonly<Record<string, string>> = {},
): Partial<ServiceError> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries({ exception, ...trailers })) metadata.set(name, value);
  return { code, details: exception, metadata };
}

/** As numbers, which trailers have in place of the words. */
const EXPECTED: Readonly<Record<string, number>> = { any: -2, 'no-stream': -1, 'stream-exists': -4 };

/** Refusals of the store that have no place in the answers. */
export function failureOf(error: unknown): Partial<ServiceError> {
  if (error instanceof StreamDeleted)
    return failure(status.FAILED_PRECONDITION, 'stream-deleted', { 'stream-name': error.stream });
  if (error instanceof WrongRevision)
    return failure(status.FAILED_PRECONDITION, 'wrong-expected-version', {
      'stream-name': error.stream,
      'expected-version': String(EXPECTED[error.expected] ?? error.expected),
      'actual-version': error.actual === 'no-stream' ? '-1' : String(error.actual),
    });
  return { code: status.INTERNAL, details: String(error) };
}

/** The same, to be thrown. */
export class Failure extends Error {
  constructor(error: Partial<ServiceError>) {
    super(error.details);
    Object.assign(this, error);
  }
}
