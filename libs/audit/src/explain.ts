import { comparison, customer, type CustomerState, type Difference, leaves, operandsOf, type Path } from '#customer';
import { type EventReference, type ReferralFlag, referenceOf } from './entry.js';
import { documentOf, type History, type Moment, type Past } from './history.js';

/** One event's part in a value. */
export interface Contribution extends EventReference {
  /** Absent when there was no value. */
  readonly before?: unknown;
  readonly after?: unknown;
  /** The increase of a number; a missing value counts as 0. */
  readonly delta?: number;
  /** The inputs of a computed value after the event, unless it is a sum. */
  readonly operands?: object;
  readonly flag?: ReferralFlag;
}

/** The flags of referrals, by the revision of their events. */
export type Flags = (referrals: readonly Past[]) => Promise<ReadonlyMap<number, ReferralFlag>>;

const NO_FLAGS: Flags = () => Promise.resolve(new Map());

/** The events and figures behind a value of the document. */
export interface Explanation {
  readonly object: 'explanation';
  readonly path: Path;
  /** Absent when the path existed once and no longer does. */
  readonly value?: unknown;
  /** `sum`: the deltas add up to it; `derived`: computed from its operands (the deltas add up, too); `value`: set by the last event. */
  readonly kind: 'sum' | 'derived' | 'value';
  readonly events: readonly Contribution[];
  /** The contributions before those in `events`, and the sum of their deltas. */
  readonly earlier?: { readonly events: number; readonly delta: number };
  readonly operands?: object;
}

/** The contributions listed for one value; older ones are only summed. */
const CONTRIBUTIONS_MAX = 10_000;

/** Selects paths by a JSON Pointer or a dotted name, of a value or of all below it. */
export function selector(asked: string | undefined): (path: Path) => boolean {
  if (asked === undefined || asked === '' || asked === '/') return () => true;
  if (asked.startsWith('/')) return (path) => path === asked || path.startsWith(`${asked}/`);
  return (path) => namesOf(path).some((_, last, names) => names.slice(0, last + 1).join('.') === asked);
}

/** True when the path is the requested value itself, not one below it. */
export const isNamed = (path: Path, asked: string): boolean => path === asked || namesOf(path).join('.') === asked;

const namesOf = (path: Path): string[] =>
  path
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));

/** Collects the changes of the requested values, event by event. All figures come from the one fold. */
class Explainer {
  private readonly values = new Map<Path, Draft>();
  /** The referrals among the events, with and without effect on a figure. */
  readonly referrals: Past[] = [];
  private readonly compare: ReturnType<typeof comparison>;

  constructor(
    private readonly customerId: string,
    private state: CustomerState,
    private readonly isAsked: (path: Path) => boolean,
  ) {
    this.compare = comparison(documentOf(customerId, state));
  }

  take(past: Past): void {
    const state = customer.evolve(this.state, past.event);
    if (past.event.type === 'CustomerReferred') this.referrals.push(past);
    if (state === this.state) return;
    this.state = state;
    const changed = this.compare(documentOf(this.customerId, state)).filter(
      (one) => this.isAsked(one.path) && !isBegun(one),
    );
    if (changed.length === 0) return;
    const operands = operandsOf(state);
    for (const { path, from, to } of changed) {
      const used = operands.get(path);
      this.draft(path).add({
        ...referenceOf(past),
        ...(from !== undefined && { before: from }),
        ...(to !== undefined && { after: to }),
        ...((isNumber(from) || isNumber(to)) && { delta: numberOf(to) - numberOf(from) }),
        ...(used && { operands: used }),
      });
    }
  }

  /** In the order of the document; removed values come last. Values that no event changed have no events. */
  result(): Explanation[] {
    const document = documentOf(this.customerId, this.state);
    const now = new Map(document === undefined ? [] : leaves(document));
    const operands = operandsOf(this.state);
    const paths = new Set([...now.keys(), ...this.values.keys()].filter(this.isAsked));
    return Array.from(paths, (path) => {
      const used = now.has(path) ? operands.get(path) : undefined;
      const { events, earlier } = this.draft(path);
      return {
        object: 'explanation',
        path,
        ...(now.has(path) && { value: now.get(path) }),
        kind: used ? 'derived' : isSum(path, now.get(path)) ? 'sum' : 'value',
        events,
        ...(earlier && { earlier }),
        ...(used && { operands: used }),
      };
    });
  }

  /** Flags the contributions of referrals; a self-referral is listed beside the figure that it would have changed. */
  flag(flags: ReadonlyMap<number, ReferralFlag>): void {
    for (const { events } of this.values.values())
      for (const [index, one] of events.entries()) {
        const flag = flags.get(one.revision);
        if (flag) events[index] = { ...one, flag };
      }
    if (!this.isAsked(TOTAL_REFERRALS)) return;
    const { events } = this.draft(TOTAL_REFERRALS);
    for (const past of this.referrals) {
      const flag = flags.get(past.recorded.revision);
      const isTold = events.some(({ revision }) => revision === past.recorded.revision);
      if (flag && !isTold) events.push({ ...referenceOf(past), delta: 0, flag });
    }
    events.sort((a, b) => a.revision - b.revision);
  }

  private draft(path: Path): Draft {
    const draft = this.values.get(path) ?? new Draft();
    this.values.set(path, draft);
    return draft;
  }
}

const TOTAL_REFERRALS = '/referrals/total';

class Draft {
  readonly events: Contribution[] = [];
  earlier: { events: number; delta: number } | undefined;

  add(contribution: Contribution): void {
    this.events.push(contribution);
    if (this.events.length < 2 * CONTRIBUTIONS_MAX) return;
    const { events = 0, delta = 0 } = this.earlier ?? {};
    const old = this.events.splice(0, CONTRIBUTIONS_MAX);
    this.earlier = { events: events + old.length, delta: old.reduce((sum, one) => sum + (one.delta ?? 0), delta) };
  }
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
const numberOf = (value: unknown): number => (isNumber(value) ? value : 0);

/** A figure that appears as 0, before any contribution. */
const isBegun = ({ path, from, to }: Difference): boolean => from === undefined && to === 0 && isSum(path, to);

/** Numbers that a customer's own data contain are no sums. */
const isSum = (path: Path, value: unknown): boolean =>
  isNumber(value) && ['/summary/', '/loyalty/', '/referrals/'].some((block) => path.startsWith(block));

/** Explains the values under a path at a moment; none for an unknown path. */
export async function explain(
  history: History,
  customerId: string,
  moment: Moment,
  isAsked: (path: Path) => boolean,
  flags: Flags = NO_FLAGS,
): Promise<Explanation[]> {
  const explaining = new Explainer(customerId, await history.beginning(customerId, moment), isAsked);
  for await (const past of history.upTo(customerId, moment)) explaining.take(past);
  explaining.flag(await flags(explaining.referrals));
  return explaining.result();
}
