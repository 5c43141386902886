import { ContractError } from './errors.js';
import { FactEnvelope } from './fact-envelope.js';
import { type FactInput, facts, type FactType } from './facts/index.js';
import { identityOf } from './identity.js';
import { isObject } from './json.js';
import { limits } from './limits.js';
import { parse } from './parse.js';

/*
 * The official library only serves as the counterpart in tests and for the type below. Its parser makes up a missing id
 * and puts the current time where `time` is missing or malformed. Both decide which facts are duplicates and which
 * state of an order is later, so a ledger has to refuse such an event.
 */

/** The id and source of a fact that could not be parsed, as far as they are known. */
export interface FactReference {
  readonly id: string | null;
  readonly source: string | null;
}

interface FactOf<T extends FactType> {
  readonly id: string;
  readonly source: string;
  readonly type: T;
  readonly kind: (typeof facts)[T]['kind'];
  readonly time: string;
  /** The time of the state that the fact reports: an order's own `updated_at`, else the fact's time. */
  readonly occurred_at: string;
  readonly subject?: string;
  /** Orders facts of one source and one time: digits without leading zeros, an integer of any size. */
  readonly sequence?: string;
  /** Facts with the same identity are duplicates. */
  readonly identity: string;
  /** The rule's input: the data with the values that the type implies. */
  readonly data: FactInput<T>;
}

export type Fact<Type extends FactType = FactType> = { [T in Type]: FactOf<T> }[Type];
export type UnreadableFact = FactReference & { readonly error: ContractError };

/** One HTTP message; `body` is parsed JSON, or JSON as text or bytes. */
export interface FactMessage {
  readonly content_type: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: unknown;
}

/** The facts of a message in order. A bad fact does not affect the others. Throws what `eventsIn` throws. */
export const parseFacts = (message: FactMessage): (Fact | UnreadableFact)[] => eventsIn(message).map(parseFact);

/** The type in a Content-Type header, without parameters; empty without one. */
export const mediaType = (content_type = ''): string => content_type.split(';', 1)[0]?.trim().toLowerCase() ?? '';

/**
 * The events of a message in order, in the JSON format, for `parseFact`: CloudEvents in structured, batch or binary mode.
 * Plain `application/json` without `ce-*` headers is read as a batch when it is an array and as one structured event
 * otherwise. An unknown kind of message throws a ContractError.
 */
export function eventsIn({ content_type = '', headers, body }: FactMessage): readonly unknown[] {
  const media = mediaType(content_type);
  if (media === 'application/cloudevents-batch+json') return batch(json(body));
  if (media === 'application/cloudevents+json') return [json(body)];
  if (!/^application\/(?:[\w.-]+\+)?json$/.test(media)) {
    throw new ContractError(
      'unsupported_media_type',
      'Send CloudEvents as application/cloudevents+json, application/cloudevents-batch+json or application/json',
    );
  }
  const attributes = attributesOf(headers);
  const data = json(body);
  if (attributes.length > 0) return [{ ...Object.fromEntries(attributes), data }];
  return Array.isArray(data) ? batch(data) : [data];
}

/** Parses one CloudEvent in the JSON format. */
export function parseFact(event: unknown): Fact | UnreadableFact {
  const envelope = parse(FactEnvelope, event);
  if (envelope.error) return { ...referenceOf(event), error: envelope.error };
  const { id, source, type, time, subject, sequence, data: given } = envelope.value;
  const { kind, data: dto, implied } = facts[type] as (typeof facts)['customer.custom_event'];
  const data = parse(dto, given, 'body', '.data');
  if (data.error) return { id, source, error: data.error };
  const { updated_at = time } = data.value as { updated_at?: string };
  const input = { ...implied({ id, source }), ...data.value };
  return {
    id,
    source,
    type,
    kind,
    time,
    occurred_at: updated_at,
    ...(subject !== undefined && { subject }),
    ...(sequence !== undefined && { sequence }),
    identity: identityOf({ source, sequence, type, time, data: input }),
    data: input,
  } as Fact;
}

function batch(events: unknown): readonly unknown[] {
  if (!Array.isArray(events)) throw new ContractError('invalid_payload', 'A batch must be an array of CloudEvents');
  if (events.length > limits.facts_max) {
    throw new ContractError('invalid_payload', `A batch must hold at most ${limits.facts_max} facts`);
  }
  return events;
}

/** Binary mode: attributes are `ce-*` headers, percent-encoded. */
function attributesOf(headers: FactMessage['headers']): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    /^ce-./i.test(name) && typeof value === 'string' ? [[name.slice(3).toLowerCase(), decoded(value)]] : [],
  );
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function json(body: unknown): unknown {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return body;
  try {
    return JSON.parse(typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new ContractError('invalid_payload', 'The payload is not JSON');
  }
}

function referenceOf(event: unknown): FactReference {
  const { id, source } = isObject(event) ? event : {};
  return { id: nameOrNull(id), source: nameOrNull(source) };
}

const nameOrNull = (value: unknown): string | null =>
  typeof value === 'string' && value.length <= limits.id_length_max ? value : null;
