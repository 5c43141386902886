import type { CustomerEvent, CustomerState, Instant } from '#customer';
import type { ActivityType, CampaignType } from './types.js';

export type EventType = CustomerEvent['type'];
export type DataOf<T extends EventType> = Extract<CustomerEvent, { readonly type: T }>['data'];

/** The content of an event, without its origin. */
export type Statement = {
  [T in EventType]: { readonly type: T; readonly occurred_at: Instant; readonly data: DataOf<T> };
}[EventType];

/** The data without the name under which a fact found the customer. */
export function withoutName<Data extends object>(data: Data): Data {
  const { named: _, ...rest } = data as Data & { readonly named?: string };
  return rest as unknown as Data;
}

/** The customer around an event: both know everything before its time, and may know more. */
export interface Known {
  readonly before: CustomerState;
  /** Knows the event as well. */
  readonly after: CustomerState;
}

export type Change<T extends EventType> = ChangeOf<DataOf<T>>;
export interface ChangeOf<Data> {
  readonly customer_id: string;
  readonly data: Data;
  readonly occurred_at: Instant;
  readonly known: Known;
}

/** One thing that an event says about a customer. The payload names the customer only where the activity is about them. */
export interface Activity {
  readonly type: ActivityType;
  readonly payload: object;
  readonly campaign_id?: string | undefined;
  readonly campaign_type?: CampaignType | undefined;
  /** Its number among the activities of its event. */
  readonly slot: number;
}

/** An activity as its event type describes it; the slot is 0 by default. */
export type Described = Omit<Activity, 'slot'> & Partial<Pick<Activity, 'slot'>>;

/** Finds stored activities again: those of one object, at one time or at all times. */
export interface ActivityKey {
  readonly object: string;
  readonly created_at?: Instant;
}
