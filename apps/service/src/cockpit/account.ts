import { type ConsentCatalog, tierOf } from '#customer';
import type { OrderLine, CustomerOverview } from '#read-model';

/** The customer's data on the page, without data of other customers and without internal ids. */
export interface Account {
  readonly name: string | undefined;
  readonly email: string | undefined;
  readonly phone: string | undefined;
  readonly birthdate: string | undefined;
  /** On one line. */
  readonly address: string;
  readonly points: number;
  readonly points_to_go: number;
  /** Minor units. */
  readonly gift_credit: number;
  readonly orders_count: number;
  readonly orders: readonly OrderLine[];
  readonly campaigns: readonly CampaignLine[];
  readonly referred_customers: number;
  readonly referrals: readonly { readonly campaign: string; readonly date: string }[];
  readonly consents: readonly ConsentLine[];
}

export interface CampaignLine {
  readonly name: string;
  readonly points: number;
  readonly tier: string | undefined;
  readonly referred_customers: number;
}

export interface ConsentLine {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** The version of the wording on the page; undefined for a consent that is not defined. */
  readonly version: number | undefined;
  readonly isGiven: boolean;
  /** The time of the last change. */
  readonly date: string | undefined;
}

interface Document {
  readonly name?: string | null;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly birthdate?: string | null;
  readonly address?: Address | null;
  readonly summary: {
    readonly redemptions: {
      readonly gift: { readonly amount_to_go: number };
      readonly loyalty_card: { readonly points_to_go: number };
    };
    readonly orders: { readonly total_count: number };
  };
  readonly loyalty: {
    readonly points: number;
    readonly referred_customers: number;
    readonly campaigns: Readonly<Record<string, Omit<CampaignLine, 'name' | 'tier'> & { loyalty_tier?: string }>>;
  };
  readonly system_metadata: { readonly consents?: Said };
  readonly referrals: { readonly campaigns: readonly { readonly campaign_id: string; readonly date: string }[] };
}

type Address = Readonly<Record<string, string | null>>;
type Said = Readonly<Record<string, { readonly date: string; readonly value: boolean }>>;

/** The consent that denies all others; the page does not offer it. */
const UNSUBSCRIBED = 'unsubscribed';
const SOME_CAMPAIGN = 'A campaign';

export function accountOf({ document: text, head, orders }: CustomerOverview, catalog: ConsentCatalog): Account {
  const document = JSON.parse(text) as Document;
  const { summary, loyalty } = document;
  const campaigns = head.loyalty.campaigns.entries();
  const names = new Map(campaigns.map(([id, { name }]) => [id, name]));
  const tiers = new Map(
    campaigns.map(([, one]) => {
      const tier = tierOf(one.tiers);
      return [tier?.id, tier?.name];
    }),
  );
  return {
    name: document.name ?? undefined,
    email: document.email ?? undefined,
    phone: document.phone ?? undefined,
    birthdate: document.birthdate ?? undefined,
    address: addressOf(document.address ?? {}),
    points: loyalty.points,
    points_to_go: summary.redemptions.loyalty_card.points_to_go,
    gift_credit: summary.redemptions.gift.amount_to_go,
    orders_count: summary.orders.total_count,
    orders,
    campaigns: Object.entries(loyalty.campaigns).map(([name, { points, referred_customers, loyalty_tier }]) => ({
      name,
      points,
      tier: tiers.get(loyalty_tier) ?? loyalty_tier,
      referred_customers,
    })),
    referred_customers: loyalty.referred_customers,
    referrals: document.referrals.campaigns.map(({ campaign_id, date }) => ({
      campaign: names.get(campaign_id) ?? SOME_CAMPAIGN,
      date,
    })),
    consents: consentsOf(document.system_metadata.consents ?? {}, catalog),
  };
}

function addressOf({ line_1, line_2, postal_code, city, state, country }: Address): string {
  const town = [postal_code, city].filter(Boolean).join(' ');
  return [line_1, line_2, town, state, country].filter(Boolean).join(', ');
}

/** The offered consents, and given consents without a definition, which the customer may withdraw. */
function consentsOf(said: Said, catalog: ConsentCatalog): ConsentLine[] {
  const offered = Object.entries(catalog.consents)
    .filter(([id, { isWithdrawn }]) => !isWithdrawn && id !== UNSUBSCRIBED)
    .sort(([, a], [, b]) => (a.created_at < b.created_at ? -1 : 1))
    .map(([id, { name, description, version }]) => ({ id, name, description, version }));
  const known = new Set([UNSUBSCRIBED, ...offered.map(({ id }) => id)]);
  const others = Object.keys(said)
    .filter((id) => !known.has(id) && said[id]?.value)
    .map((id) => ({ id, name: id, description: '', version: undefined }));
  return [...offered, ...others].map((one) => {
    const answer = Object.hasOwn(said, one.id) ? said[one.id] : undefined;
    return { ...one, isGiven: answer?.value === true, date: answer?.date };
  });
}
