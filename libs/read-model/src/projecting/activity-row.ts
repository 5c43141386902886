import { hash } from 'node:crypto';
import { type Activity, ACTIVITY_TYPES, type ActivityType, type Cause, rankOf, type Statement } from '#activity';
import type { Instant } from '#customer';
import { canonical } from '#encoding';
import type { ActivitiesTable } from '../schema.js';

export type ActivityRow = ActivitiesTable;

/** The column `data`: the payload, and for rows that may change what describes them again. */
export interface Kept {
  readonly data: object;
  readonly event_source: object;
  readonly of?: object;
}

/** The columns of a row that its activity does not know. */
export interface Placing {
  readonly customer_id: string;
  readonly created_at: Instant;
  /** Finds it again. */
  readonly object?: string;
  readonly is_shown?: boolean;
  /** Kept to describe it again. */
  readonly of?: object;
}

export function rowOf(
  id: string,
  activity: Omit<Activity, 'slot'>,
  tie: number,
  cause: Cause,
  at: Placing,
): ActivityRow {
  const { customer_id, created_at, object, is_shown = true, of } = at;
  const kept: Kept = { data: activity.payload, event_source: cause.event_source, ...(of && { of }) };
  return {
    id,
    customer_id,
    created_at,
    ordinal: ordinalOf(activity.type, tie),
    type: activity.type,
    category: ACTIVITY_TYPES[activity.type].category,
    campaign_id: activity.campaign_id ?? null,
    campaign_type: activity.campaign_type ?? null,
    group_id: cause.group_id,
    object: object ?? null,
    is_shown: is_shown ? 1 : 0,
    data: JSON.stringify(kept),
  };
}

export const keptOf = ({ data }: ActivityRow): Kept => JSON.parse(data) as Kept;

const TIE_DIGITS = 10;
const TIES = 16 ** TIE_DIGITS;

/** Sorts by the order of types, then by content. */
const ordinalOf = (type: ActivityType, tie: number): number => rankOf(type) * TIES + tie;
export const tieIn = ({ ordinal }: ActivityRow): number => ordinal % TIES;

/** A number derived from the content alone, without arrival time and ids assigned by the ledger. */
export function tieOf({ type, data }: Statement): number {
  const isNamed = type === 'CustomerReferred' && data.referrer_source_id !== undefined;
  const apart = new Set(['named', 'implicit', 'alias', ...(isNamed ? ['referrer'] : [])]);
  const said = Object.fromEntries(Object.entries(data).filter(([field]) => !apart.has(field)));
  return Number.parseInt(hash('sha256', canonical(said), 'hex').slice(0, TIE_DIGITS), 16);
}
