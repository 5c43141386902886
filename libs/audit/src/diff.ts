import {
  comparison,
  customer,
  type CustomerDocument,
  type CustomerState,
  type Difference,
  differences,
  type Path,
} from '#customer';
import { type EventReference, referenceOf } from './entry.js';
import { documentOf, type History, isBefore, type Moment, type Past } from './history.js';

/** A value that differs at the later moment, and the events that changed it in between. */
export interface Change extends Difference {
  readonly events: readonly EventReference[];
}

export interface Diff {
  /** The last event at each moment, null before the first. */
  readonly from: EventReference | null;
  readonly to: EventReference | null;
  readonly changes: readonly Change[];
}

/** The listed events of one value: the first and the last ones. */
const EVENTS_MAX = 1_000;

/** The first moment is later than the second. */
export class Backwards extends RangeError {}

/** The changes of a customer from one moment to a later one, both by the same clock. Throws Backwards. */
export async function diff(history: History, customerId: string, from: Moment, to: Moment): Promise<Diff> {
  const comparing = new Comparison(customerId, await history.beginning(customerId, from));
  const late: Past[] = [];
  let [last, newest]: [Past | undefined, Past | undefined] = [undefined, undefined];
  for await (const past of history.events(customerId)) {
    if (!isBefore(past, to)) {
      if (isBefore(past, from)) throw new Backwards('from is later than to');
      if ('happened_at' in to) continue;
      break;
    }
    newest = past;
    if (isBefore(past, from)) comparing.begin((last = past));
    else if ('happened_at' in from) late.push(past);
    else comparing.take(past);
  }
  for (const past of late.sort(byBusinessTime)) comparing.take(past);
  return {
    from: last ? referenceOf(last) : null,
    to: newest ? referenceOf(newest) : null,
    changes: comparing.result(),
  };
}

/** Tracks the changes of each event since the first moment. */
class Comparison {
  private readonly touched = new Map<Path, EventReference[]>();
  private before: CustomerDocument | undefined;
  private compare: ReturnType<typeof comparison> | undefined;

  constructor(
    private readonly customerId: string,
    private state: CustomerState,
  ) {}

  /** Takes an event before the first moment. */
  begin({ event }: Past): void {
    this.state = customer.evolve(this.state, event);
  }

  take(past: Past): void {
    this.compare ??= comparison((this.before = this.document()));
    this.state = customer.evolve(this.state, past.event);
    for (const { path } of this.compare(this.document())) this.note(path, past);
  }

  result(): Change[] {
    if (this.compare === undefined) return [];
    return differences(this.before, this.document()).map((one) => ({
      ...one,
      events: this.touched.get(one.path) ?? [],
    }));
  }

  private document(): CustomerDocument | undefined {
    return documentOf(this.customerId, this.state);
  }

  private note(path: Path, past: Past): void {
    const events = this.touched.get(path) ?? [];
    if (events.length >= EVENTS_MAX) events.splice(EVENTS_MAX / 2, 1);
    events.push(referenceOf(past));
    this.touched.set(path, events);
  }
}

const byBusinessTime = (a: Past, b: Past): number =>
  a.event.occurred_at < b.event.occurred_at
    ? -1
    : a.event.occurred_at > b.event.occurred_at
      ? 1
      : a.recorded.revision - b.recorded.revision;
