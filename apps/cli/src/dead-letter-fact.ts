import type { DeadLetter } from '#messaging';
import type { CloudEvent } from './cloud-event.js';

const STRUCTURED = /^application\/cloudevents\+json/i;

/** The CloudEvent of a dead letter in structured form, as sent; undefined when its value is not JSON. */
export function factOfDeadLetter({ original: { headers, value } }: DeadLetter): CloudEvent | undefined {
  const texts = Object.fromEntries(
    Object.entries(headers).map(([name, header]) => [name.toLowerCase(), String(header)]),
  );
  const data = json(value);
  if (typeof data !== 'object' || data === null) return undefined;
  const attributes = Object.entries(texts).filter(([name]) => name.startsWith('ce_'));
  const isStructured = attributes.length === 0 || STRUCTURED.test(texts['content-type'] ?? '');
  const event = isStructured
    ? data
    : { ...Object.fromEntries(attributes.map(([name, text]) => [name.slice(3), text])), data };
  // the service reports any problem with it
  return event as CloudEvent;
}

function json(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString() ?? 'null') as unknown;
  } catch {
    return undefined;
  }
}
