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
  /** Of the event that it is about. */
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
   * What the readable form of sealed fields rests on. proven: the key opened them. told: the word of the service. erased:
   * they are gone. none: nothing was sealed.
   */
  readonly personal: 'proven' | 'told' | 'erased' | 'none';
  /** Whether the page says what the events say; `unknown` for one of another version of this program. */
  readonly page: 'same' | 'differs' | 'unknown' | 'none';
  readonly problems: readonly BundleProblem[];
}

/** More of them say no more. */
const PROBLEMS_MAX = 100;

/** Checks a bundle against nothing but itself. Throws NotABundle when the bytes are something else. */
export async function verifyBundle(bytes: Buffer): Promise<BundleVerdict> {
  const file = readBundle(bytes);
  const { header, events } = file;
  const check = new Checking(header);
  const { head } = await check.chain(events);
  for (const event of events) await check.event(event);
  check.end();
  const page = await pageOf(file);
  if (page === 'differs') check.note('the page is not the one that these events make');
  // whoever alters a page can call it one of another version
  if (page === 'unknown')
    check.note('the page is one of another version, which only that version of this program can judge');
  const { problems, personal: proof } = check;
  const { customer_id } = header;
  return { valid: problems.length === 0, customer_id, events: events.length, head, personal: proof, page, problems };
}

const REASONS: Readonly<Record<FirstBad['reason'], string>> = {
  gap: 'an event is missing or out of order here',
  foreign: 'the event is of another stream',
  hash_mismatch: 'the event, or its link to the one before, is not what was recorded',
  rewritten: 'the chain does not lead to the end that the bundle names',
  truncated: 'events are missing before the end that the bundle names',
};

/** Goes along the events once. */
class Checking {
  readonly problems: BundleProblem[] = [];
  private state = blank;
  private position = -1n;
  private readonly decoder: Decoder<CustomerEvent>;
  private readonly keys: ReadonlyMap<KeyId, KeyState>;
  /** Sealed events by what their readable form rests on. */
  private readonly sealed = { proven: 0, told: 0, erased: 0 };

  constructor(private readonly header: BundleHeader) {
    const keys = Object.entries(header.keys ?? {}).map(([id, text]) => [id, Buffer.from(text, 'base64')] as const);
    this.keys = new Map(keys);
    // what no key opens is looked at as if it were erased
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
    else if (verdict.head.revision !== head.revision) this.note('there are events after the end that the bundle names', head.revision + 1); // prettier-ignore
    if (events[0] && events[0].stream !== customerStream(customer_id)) this.note('the events are of another customer', 0); // prettier-ignore
    return verdict;
  }

  async event(event: BundledEvent): Promise<void> {
    const { revision } = event;
    const position = BigInt(event.position);
    if (position <= this.position) this.note('its position is not after that of the event before', revision);
    this.position = position;
    try {
      const [decoded] = await this.decoder.decode([recordedOf(event)]);
      if (decoded) this.compare(event, decoded);
      this.state = customer.evolve(this.state, openedEvent(event));
    } catch (error) {
      this.note(`it cannot be read: ${error instanceof Error ? error.message : String(error)}`, revision);
    }
  }

  /** The readable form against what is stored: all of it when the key is here, else what was never sealed. */
  private compare({ revision, type, opened, erased, data }: BundledEvent, decoded: Decoded<CustomerEvent>): void {
    const proof = erased ? 'erased' : decoded.erased ? 'told' : 'proven';
    if (data['sealed'] !== undefined) this.sealed[proof] += 1;
    if (erased && !decoded.erased)
      this.note('it is said to be erased, but nothing in it was sealed, or the key is here', revision);
    const hidden = proof === 'told' ? (personal[type] ?? []) : [];
    if (canonical(without(opened, hidden)) !== canonical(without(decoded.event.data as JsonObject, hidden)))
      this.note('its readable form is not what is recorded', revision);
  }

  /** What only the whole shows. */
  end(): void {
    const { status, document, customer_id, keys } = this.header;
    const { told, proven, erased } = this.sealed;
    if (this.state.status !== status) this.note(`the customer is ${this.state.status}, not ${status}`);
    const folded = documentOf(customer_id, this.state) ?? null;
    if (canonical(folded) !== canonical(document)) this.note('the document is not what the events make');
    const isErased = this.state.status === 'erased';
    if (isErased && told + proven > 0) this.note('the customer is erased, and what was personal is still readable');
    if (isErased && keys) this.note('the customer is erased, and a key is here');
    if (!isErased && erased > 0) this.note('what was personal is gone, and no event says that it was erased');
  }
}

const recordedOf = (event: BundledEvent): RecordedEvent => ({ ...event, position: BigInt(event.position) });

const without = (data: JsonObject, fields: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(data).filter(([field]) => !fields.includes(field)));

/** The page is made again and compared byte by byte. */
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
    // events that cannot be folded were complained of already
    return 'differs';
  }
  return place === page.bytes.length ? 'same' : 'differs';
}

async function* each<T>(all: readonly T[]): AsyncGenerator<T> {
  yield* all;
}
