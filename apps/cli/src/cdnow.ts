import type { CloudEvent } from './cloud-event.js';

/** One purchase of the file: customer, number in the sample, yyyymmdd, CDs, dollars. */
export interface Purchase {
  readonly customer: string;
  readonly day: string;
  readonly cds: number;
  /** Minor units. */
  readonly amount: number;
}

/** Parses one line; a returned text names the problem. */
export function parsePurchase(line: string): Purchase | string {
  const columns = line.trim().split(/\s+/);
  const [customer, , day, cds, dollars] = columns;
  if (customer === undefined || day === undefined || cds === undefined || dollars === undefined || columns.length > 5) {
    return 'expected five columns: customer, sample id, yyyymmdd, CDs, dollars';
  }
  if (!isDay(day)) return `${day} is not a date (yyyymmdd)`;
  if (!/^\d{1,9}$/.test(cds)) return `${cds} is not a number of CDs`;
  const amount = cents(dollars);
  return amount === undefined ? `${dollars} is not an amount in dollars` : { customer, day, cds: Number(cds), amount };
}

/** The cents of a decimal text, computed on the digits, because floating point would round. */
export function cents(dollars: string): number | undefined {
  const [, whole, fraction = ''] = /^(\d+)(?:\.(\d{1,2}))?$/.exec(dollars) ?? [];
  if (whole === undefined) return undefined;
  const amount = Number(whole + fraction.padEnd(2, '0'));
  return Number.isSafeInteger(amount) ? amount : undefined;
}

/**
 * Turns purchases into facts. The n-th line of a customer and day always gets the same id and time, so that the file
 * may be sent repeatedly.
 */
export class CdnowFacts {
  private readonly seen = new Map<string, number>();

  fact({ customer, day, cds, amount }: Purchase): CloudEvent {
    const key = `${customer}-${day}`;
    const n = (this.seen.get(key) ?? 0) + 1;
    this.seen.set(key, n);
    const time = new Date(Date.parse(`${iso(day)}T12:00:00.000Z`) + (n - 1) * 1000).toISOString();
    const id = `cdnow-${key}-${n}`;
    const data = { id, amount, created_at: time, metadata: { cds }, customer: { source_id: `cdnow-${customer}` } };
    return { specversion: '1.0', id, source: '/import/cdnow', type: 'order.paid', time, data };
  }
}

function isDay(text: string): boolean {
  const at = /^\d{8}$/.test(text) ? Date.parse(iso(text)) : Number.NaN;
  // the 31st of February parses nowhere or as another day
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(iso(text));
}

const iso = (day: string): string => `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
