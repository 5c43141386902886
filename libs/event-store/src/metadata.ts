import type { Json, JsonObject, NewEvent } from './event-store.js';
import { type Instant, nineDigits } from './instant.js';

/** The caller of a command, and the event that caused it. */
export interface Context {
  readonly correlation_id: string;
  /** The id of the event that caused this. */
  readonly causation_id?: string;
  readonly actor: Actor;
}

export interface Actor {
  readonly channel: string;
  readonly key?: string;
}

/** The fact behind an event: its CloudEvents source, id and sequence. */
export interface Origin {
  readonly source: string;
  readonly id: string;
  readonly sequence?: string;
  /** A keyed digest of the fact: sealed like a personal field, and gone with the key. */
  readonly digest?: string;
}

/** The metadata of every event. */
export interface Envelope extends Context {
  readonly origin?: Omit<Origin, 'digest'>;
  readonly schema: number;
  readonly occurred_at: Instant;
  readonly recorded_at: Instant;
  /** Covers this event and all before it in its stream. */
  readonly hash: string;
}

/** The metadata fields of an event. */
interface Dated {
  readonly occurred_at: string;
  readonly origin?: Origin;
}

export type Draft = { [field: string]: Json };

/** Metadata without the hash: texts only, nothing nested. */
export function metadataOf(event: Dated, context: Context, recorded_at: Instant, schema: number): Draft {
  const { correlation_id, causation_id, actor } = context;
  const { occurred_at, origin } = event;
  // in hash order, which saves sorting them
  return {
    ...(causation_id !== undefined && { $causationId: causation_id }),
    $correlationId: correlation_id,
    actor_channel: actor.channel,
    ...(actor.key !== undefined && { actor_key: actor.key }),
    occurred_at: nineDigits(occurred_at),
    ...(origin && { origin_id: origin.id, origin_source: origin.source }),
    recorded_at,
    schema: String(schema),
    ...(origin?.sequence !== undefined && { sequence: origin.sequence }),
  };
}

/** The envelope of a recorded event of any format. Throws when there is none. */
export function envelopeOf({ metadata }: Pick<NewEvent, 'metadata'>): Envelope {
  const all = typeof metadata['schema'] === 'number' ? upcast(metadata) : metadata;
  const [schema, occurred_at, recorded_at, hash] = REQUIRED.map((field) => textIn(all, field));
  if (schema === undefined || occurred_at === undefined || recorded_at === undefined || hash === undefined)
    throw new Error('it has no envelope');
  return {
    correlation_id: textIn(all, '$correlationId') ?? '',
    ...optional('causation_id', textIn(all, '$causationId')),
    actor: { channel: textIn(all, 'actor_channel') ?? '', ...optional('key', textIn(all, 'actor_key')) },
    ...optional('origin', originIn(all)),
    schema: Number(schema),
    occurred_at: nineDigits(occurred_at),
    recorded_at: nineDigits(recorded_at),
    hash,
  };
}

const REQUIRED = ['schema', 'occurred_at', 'recorded_at', 'hash'] as const;

/** Upcasts metadata of format 1: version 0.1.0 nested actor and origin and wrote the version as a number. */
function upcast({ schema, actor, origin, correlation_id, causation_id, ...same }: JsonObject): JsonObject {
  const said: readonly (readonly [string, Json | undefined])[] = [
    ['$causationId', causation_id],
    ['$correlationId', correlation_id],
    ['actor_channel', memberOf(actor, 'channel')],
    ['actor_key', memberOf(actor, 'key')],
    ['origin_id', memberOf(origin, 'id')],
    ['origin_source', memberOf(origin, 'source')],
  ];
  return { ...same, schema: textOf(schema), ...Object.fromEntries(said.filter(hasValue)) };
}

const textOf = (schema: Json | undefined): string => (typeof schema === 'number' ? String(schema) : '');

const hasValue = (entry: readonly [string, Json | undefined]): entry is readonly [string, Json] =>
  entry[1] !== undefined;

const memberOf = (value: Json | undefined, name: string): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject)[name] : undefined;

function originIn(metadata: JsonObject): Envelope['origin'] {
  const [source, id] = [textIn(metadata, 'origin_source'), textIn(metadata, 'origin_id')];
  if (source === undefined || id === undefined) return undefined;
  return { source, id, ...optional('sequence', textIn(metadata, 'sequence')) };
}

function textIn(metadata: JsonObject, field: string): string | undefined {
  const value = metadata[field];
  return typeof value === 'string' ? value : undefined;
}

const optional = <Name extends string, Value>(name: Name, value: Value | undefined): { [N in Name]?: Value } =>
  value === undefined ? {} : ({ [name]: value } as { [N in Name]?: Value });
