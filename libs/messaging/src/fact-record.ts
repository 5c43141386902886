import { ContractError, type Fact, parseFacts, type UnreadableFact } from '#contract';
import { type Headers, headerText, type RecordBody } from './record.js';

const STRUCTURED = /^application\/cloudevents\+json\s*(?:;|$)/i;
const BATCH = /^application\/cloudevents-batch/i;

/**
 * The fact of a record: CloudEvents in Kafka's binary mode (`ce_*` headers) or structured mode; JSON without either is
 * parsed as a structured event. A record that cannot be parsed is a result, not an error: a retry would not help.
 */
export function factOf(record: RecordBody): Fact | UnreadableFact {
  try {
    return oneFact(record);
  } catch (error) {
    if (error instanceof ContractError) return { id: null, source: null, error };
    throw error;
  }
}

function oneFact({ value, headers }: RecordBody): Fact | UnreadableFact {
  if (value === null) return unreadable('A fact cannot be a tombstone: the record has no value');
  const texts = textsOf(headers);
  if (texts === undefined) return unreadable('A header is not UTF-8');
  const content_type = texts['content-type'] ?? 'application/json';
  if (BATCH.test(content_type)) return unreadable('A record holds one fact: batch mode is not supported');
  const attributes = STRUCTURED.test(content_type) ? {} : attributesOf(texts);
  if (Object.keys(attributes).length === 0 && isArray(value))
    return unreadable('A record holds one fact, not an array');
  const [fact] = parseFacts({ content_type, headers: attributes, body: value });
  return fact ?? unreadable('The record holds no fact');
}

/** The content type and the CloudEvents headers, by lower-case name; undefined when one of them is not UTF-8. */
function textsOf(headers: Headers): Record<string, string> | undefined {
  const texts: Record<string, string> = {};
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    if (name !== 'content-type' && !name.startsWith('ce_')) continue;
    const text = headerText(value);
    if (text === null) return undefined;
    if (text !== undefined) texts[name] = text;
  }
  return texts;
}

/** Kafka sends attributes unencoded; the shared parser of HTTP headers undoes percent-encoding. */
const attributesOf = (texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(texts).flatMap(([name, text]) =>
      name.startsWith('ce_') ? [[`ce-${name.slice(3)}`, encoded(text)]] : [],
    ),
  );

const encoded = (text: string): string => text.replace(/%/g, '%25');

const isArray = (value: Buffer): boolean => /^\s*\[/.test(value.toString('latin1', 0, 64));

const unreadable = (details: string): UnreadableFact => ({
  id: null,
  source: null,
  error: new ContractError('invalid_payload', details),
});

/**
 * Records with the same key here are handled one after the other: those with the same Kafka key, else those of the same
 * customer; a record that names no customer has a key of its own.
 */
export function keyOfRecord(
  record: RecordBody & { readonly offset: string },
  fact: Fact | UnreadableFact | undefined,
): string {
  if (record.key !== null && record.key.length > 0) return `key ${record.key.toString('latin1')}`;
  const named = fact && 'type' in fact && ('customer' in fact.data ? fact.data.customer : fact.data);
  const customer = named && (named.id ?? named.source_id);
  return customer ? `customer ${customer}` : `offset ${record.offset}`;
}
