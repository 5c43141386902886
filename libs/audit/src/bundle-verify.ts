import { canonical } from '#encoding';
import { blank, customer, type CustomerEvent, customerStream, personal } from '#customer';
import {
  type ChainHead,
  type Decoded,
  Decoder,
  type FirstBad,
  type JsonObject,
  type KeyId,
  type KeyState,
  type RecordedEvent,
  verifyStream,
} from '#event-store';
import { type Bundle, type BundledEvent, bundleCodec, type BundleHeader, openedEvent } from './bundle.js';
import { type BundleFile, readBundle } from './bundle-file.js';
import { documentOf } from './history.js';
import { PAGE_VERSION, timelinePage } from './timeline.js';

export interface BundleProblem {
  /** The revision of the event with the problem. */
  readonly revision?: number;
  readonly what: string;
}

export interface BundleVerdict {
  readonly valid: boolean;
  readonly customer_id: string;
  readonly events: number;
  /** End of the sound part of the chain. */
  readonly head: ChainHead;
  /**
   * The basis of the readable form of sealed fields. proven: the key opened them. told: the word of the service. erased:
   * they are gone. none: nothing was sealed.
   */
  readonly personal: 'proven' | 'told' | 'erased' | 'none';
  /** `same` when the page matches the events; `unknown` for a page of another version of this program. */
  readonly page: 'same' | 'differs' | 'unknown' | 'none';
  readonly problems: readonly BundleProblem[];
}

/** More problems add no information. */
const PROBLEMS_MAX = 100;

/** Verifies a bundle on its own. Throws NotABundle for other bytes. */
export async function verifyBundle(bytes: Buffer): Promise<BundleVerdict> {
  const file = readBundle(bytes);
  const { header, events } = file;
  const check = new BundleCheck(header);
  const { head } = await check.chain(events);
  for (const event of events) await check.event(event);
  check.end();
  const page = await pageOf(file);
  if (page === 'differs') check.note('the page does not match the events');
  // anyone who alters a page can also change its version
  if (page === 'unknown')
    check.note('the page has another version, and only that version of this program can verify it');
  const { problems, personal: proof } = check;
  const { customer_id } = header;
  return { valid: problems.length === 0, customer_id, events: events.length, head, personal: proof, page, problems };
}

const REASONS: Readonly<Record<FirstBad['reason'], string>> = {
  gap: 'an event is missing or out of order here',
  foreign: 'the event belongs to another stream',
  hash_mismatch: 'the event, or its link to the one before, was altered',
  rewritten: 'the chain does not lead to the head of the bundle',
  truncated: 'events are missing before the head of the bundle',
};

/** Checks the events in one pass. */
class BundleCheck {
  readonly problems: BundleProblem[] = [];
  private state = blank;
  private position = -1n;
  private readonly decoder: Decoder<CustomerEvent>;
  private readonly keys: ReadonlyMap<KeyId, KeyState>;
  /** The number of sealed events for each basis of their readable form. */
  private readonly sealed = { proven: 0, told: 0, erased: 0 };

  constructor(private readonly header: BundleHeader) {
    const keys = Object.entries(header.keys ?? {}).map(([id, text]) => [id, Buffer.from(text, 'base64')] as const);
    this.keys = new Map(keys);
    // without its key an event is checked as if it were erased
    const load = async (ids: Iterable<KeyId>): Promise<ReadonlyMap<KeyId, KeyState>> =>
      new Map(Array.from(ids, (id) => [id, this.keys.get(id) ?? 'destroyed']));
    this.decoder = new Decoder(bundleCodec, { load });
  }

  get personal(): BundleVerdict['personal'] {
    const { proven, told, erased } = this.sealed;
    if (told > 0) return 'told';
    if (proven > 0) return 'proven';
    return erased > 0 ? 'erased' : 'none';
  }

  note(what: string, revision?: number): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ ...(revision !== undefined && { revision }), what });
  }

  async chain(events: readonly BundledEvent[]): Promise<{ readonly head: ChainHead }> {
    const { head, customer_id } = this.header;
    const verdict = await verifyStream(events.map(recordedOf), head);
    const { first_bad } = verdict;
    if (first_bad) this.note(REASONS[first_bad.reason], first_bad.revision);
    else if (verdict.head.revision !== head.revision)
      this.note('there are events after the head of the bundle', head.revision + 1);
    if (events[0] && events[0].stream !== customerStream(customer_id))
      this.note('the events belong to another customer', 0);
    return verdict;
  }

  async event(event: BundledEvent): Promise<void> {
    const { revision } = event;
    const position = BigInt(event.position);
    if (position <= this.position) this.note('its position is not after that of the previous event', revision);
    this.position = position;
    try {
      const [decoded] = await this.decoder.decode([recordedOf(event)]);
      if (decoded) this.compare(event, decoded);
      this.state = customer.evolve(this.state, openedEvent(event));
    } catch (error) {
      this.note(`it cannot be read: ${error instanceof Error ? error.message : String(error)}`, revision);
    }
  }

  /** Compares the readable form with the stored event: all fields when the key is here, else the unsealed ones. */
  private compare({ revision, type, opened, erased, data }: BundledEvent, decoded: Decoded<CustomerEvent>): void {
    const proof = erased ? 'erased' : decoded.erased ? 'told' : 'proven';
    if (data['sealed'] !== undefined) this.sealed[proof] += 1;
    if (erased && !decoded.erased)
      this.note('it is marked as erased, but nothing in it was sealed, or the key is in the bundle', revision);
    const hidden = proof === 'told' ? (personal[type] ?? []) : [];
    if (canonical(without(opened, hidden)) !== canonical(without(decoded.event.data as JsonObject, hidden)))
      this.note('its readable form does not match the recorded event', revision);
  }

  /** Checks that need all events. */
  end(): void {
    const { status, document, customer_id, keys } = this.header;
    const { told, proven, erased } = this.sealed;
    if (this.state.status !== status) this.note(`the customer is ${this.state.status}, not ${status}`);
    const folded = documentOf(customer_id, this.state) ?? null;
    if (canonical(folded) !== canonical(document)) this.note('the document does not match the events');
    const isErased = this.state.status === 'erased';
    if (isErased && told + proven > 0) this.note('the customer is erased, but personal data are still readable');
    if (isErased && keys) this.note('the customer is erased, but the bundle has a key');
    if (!isErased && erased > 0) this.note('personal data are missing, but no event records an erasure');
  }
}

const recordedOf = (event: BundledEvent): RecordedEvent => ({ ...event, position: BigInt(event.position) });

const without = (data: JsonObject, fields: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(data).filter(([field]) => !fields.includes(field)));

/** Regenerates the page and compares it byte by byte. */
async function pageOf({ header, events, page }: BundleFile): Promise<BundleVerdict['page']> {
  if (page === undefined) return 'none';
  if (page.version !== PAGE_VERSION) return 'unknown';
  const again: Bundle = { header, events: () => each(events) };
  let place = 0;
  try {
    for await (const piece of timelinePage(again)) {
      const bytes = Buffer.from(piece);
      if (!bytes.equals(page.bytes.subarray(place, place + bytes.length))) return 'differs';
      place += bytes.length;
    }
  } catch {
    // the events were reported as unreadable before
    return 'differs';
  }
  return place === page.bytes.length ? 'same' : 'differs';
}

async function* each<T>(all: readonly T[]): AsyncGenerator<T> {
  yield* all;
}
