import { type Entities, joint } from './entities.js';
import { type EventOf, type Stepped, type Subject } from './fold.js';
import { type Instant, shown } from './instant.js';
import { type Keyed, inOrder, own, put, without } from './keyed.js';
import { campaignKey, type CampaignReference, credited, type Loyalty, noLoyalty } from './loyalty.js';
import { PersistentMap } from './persistent-map.js';
import { isNamedBy, type Profile, type Reference } from './profile.js';
import { type Meaning, merge, type Registers } from './register.js';
import { stampOf } from './statement.js';
import { compareTexts } from './text.js';
import { compareValues } from './value.js';

// 1. Facts and events

interface ReferralSaid {
  /** By the id that was told, or that a source id stood for. */
  readonly referrer: { readonly id: string };
  /** The source id that was told. */
  readonly referrer_source_id?: string;
  readonly campaign: CampaignReference;
  readonly redemption?: { readonly id: string };
  readonly custom_event?: { readonly id: string };
  readonly date?: Instant;
}

/** `customer.referred`: this customer came through the referrer. */
export interface ReferralFact extends ReferralSaid {
  readonly customer: Reference;
}

/**
 * The other side: whether the referee now names this customer in a campaign, and by which name. The later turn of the referee
 * counts. The first version of the ledger knew neither names nor turns.
 */
export interface ReferralCredit {
  readonly campaign: CampaignReference;
  readonly referee_id: string;
  readonly given?: boolean;
  readonly turn?: number;
  readonly named_id?: string;
  readonly named_source_id?: string;
}

export type ReferralEvent = EventOf<'CustomerReferred', ReferralSaid>;
export type CreditEvent = EventOf<'ReferralCredited', ReferralCredit>;

// 2. State

/** A referrer as a fact names them, and whom that meant then: only what was told is compared. */
interface Referrer {
  readonly told: Reference;
  readonly id: string;
}

interface Referral {
  readonly campaign_id: string;
  readonly referrer: Referrer;
  readonly related_object_id: string;
  readonly related_object_type: 'redemption' | 'custom_event';
  readonly date: Instant;
}

/** What is said of one related object in one campaign. */
interface ReferralEntry {
  readonly said: Registers<Referral>;
  /** Every referrer that was ever told, by the text of the name. */
  readonly referrers: Keyed<Referrer>;
}

export interface Referrals {
  /** By campaign and related object, all shown. */
  readonly objects: PersistentMap<ReferralEntry>;
  /** How many referrals were recorded. */
  readonly turns: number;
}

/** In how many objects of a campaign a name stands, and the turn at which it began or ceased to stand in any. */
export interface NamingEntity {
  readonly objects: number;
  readonly turn: number;
}

interface CreditSaid {
  readonly given: boolean;
  readonly turn: number;
  readonly campaign_name?: string | undefined;
}

/** One referee in one campaign: what was last said of each name of this customer. */
export interface ReferredEntity {
  readonly names: Keyed<CreditSaid>;
}

// 3. Fold

const NAMES = ['referrer_source_id'] as const;

export const referrals: Subject<Referrals, ReferralEvent> = {
  initial: { objects: PersistentMap.empty(), turns: 0 },
  on: {
    CustomerReferred: {
      personal: NAMES,
      touches: (data) => [{ kind: 'naming', id: joint(campaignKey(data.campaign), nameText(referrerOf(data).told)) }],
      step: referred,
    },
  },
};

const meaning: Meaning = {
  compare: (field, a, b) =>
    field === 'referrer' ? compareValues((a as Referrer).told, (b as Referrer).told) : compareValues(a, b),
};

function referred(slice: Referrals, event: ReferralEvent, entities: Entities): Stepped<Referrals> {
  const { data } = event;
  const key = objectKey(data);
  const turn = slice.turns + 1;
  const before = slice.objects.get(key);
  const said = merge<Referral>(before?.said, referralOf(data, event.occurred_at), stampOf(event), meaning);
  const referrer = referrerOf(data);
  const referrers = put(before?.referrers ?? {}, nameText(referrer.told), referrer);
  const campaign = campaignKey(data.campaign);
  const [was, is] = [before?.said.values.referrer, said.values.referrer];
  const [left, right] = [was && nameText(was.told), is && nameText(is.told)];
  const changed =
    left === right ? entities : named(named(entities, campaign, left, -1, turn), campaign, right, 1, turn);
  return [{ objects: slice.objects.set(key, { said, referrers }), turns: turn }, changed];
}

function named(entities: Entities, campaign: string, name: string | undefined, sign: 1 | -1, turn: number): Entities {
  if (name === undefined) return entities;
  const id = joint(campaign, name);
  const before = entities.get('naming', id) ?? { objects: 0, turn: 0 };
  const objects = before.objects + sign;
  const isChanged = before.objects > 0 !== objects > 0;
  return entities.set('naming', id, { objects, turn: isChanged ? turn : before.turn });
}

const relatedId = ({ redemption, custom_event }: ReferralSaid): string => redemption?.id ?? custom_event?.id ?? '';
const relatedType = ({ redemption }: ReferralSaid) =>
  redemption ? ('redemption' as const) : ('custom_event' as const);

/** A redemption and a custom event of one id are two objects. */
const objectKey = (data: ReferralSaid): string => joint(campaignKey(data.campaign), relatedId(data), relatedType(data));

const referrerOf = ({ referrer, referrer_source_id: source_id }: ReferralSaid): Referrer => ({
  told: source_id === undefined ? { id: referrer.id } : { source_id },
  id: referrer.id,
});

const nameText = ({ id, source_id }: Reference): string => (id === undefined ? `source_id:${source_id}` : `id:${id}`);

const referralOf = (data: ReferralSaid, at: Instant): Referral => ({
  campaign_id: data.campaign.id ?? data.campaign.name ?? '',
  referrer: referrerOf(data),
  related_object_id: relatedId(data),
  related_object_type: relatedType(data),
  date: data.date ?? at,
});

export const credits: Subject<Loyalty, CreditEvent> = {
  initial: noLoyalty,
  on: {
    ReferralCredited: {
      personal: ['named_source_id'],
      touches: (data) => [{ kind: 'referred', id: creditKey(data) }],
      step: creditNoted,
    },
  },
};

/** A referee counts once per campaign. */
const creditKey = ({ campaign, referee_id }: ReferralCredit): string => joint(campaignKey(campaign), referee_id);

function creditNoted(slice: Loyalty, { data }: CreditEvent, entities: Entities): Stepped<Loyalty> {
  const id = creditKey(data);
  const before = entities.get('referred', id);
  const after = noted(before, data);
  if (after === before) return [slice, entities];
  const campaign = campaignKey(data.campaign);
  return [counted(counted(slice, campaign, before, -1), campaign, after, 1), entities.set('referred', id, after)];
}

function noted(before: ReferredEntity = { names: {} }, data: ReferralCredit): ReferredEntity {
  const { given = true, turn = 0, campaign } = data;
  const name = creditName(data);
  // what names no name is superseded by what does
  const names = name === '' ? before.names : without(before.names, '');
  const known = own(names, name);
  if (known && known.turn >= turn) return before;
  return { names: put(names, name, { given, turn, campaign_name: campaign.name }) };
}

const creditName = ({ named_id, named_source_id }: ReferralCredit): string =>
  named_id === undefined && named_source_id === undefined
    ? ''
    : nameText(named_id === undefined ? { source_id: named_source_id ?? '' } : { id: named_id });

function counted(slice: Loyalty, campaign: string, referee: ReferredEntity | undefined, sign: 1 | -1): Loyalty {
  const given = inOrder(referee?.names ?? {}).filter(([, one]) => one.given);
  return given.length === 0 ? slice : credited(slice, campaign, given[0]?.[1].campaign_name, sign);
}

// 4. Rules

export const referralDraft = (_: Entities, { customer: __, ...data }: ReferralFact) => ({
  type: 'CustomerReferred' as const,
  data,
});

/** What a referral means for a referrer that it names or named, by the name that was told and whom that meant. */
export interface CreditDue {
  readonly referrer_id: string;
  readonly credit: ReferralCredit;
}

/** The credits that follow from the object that a referral is about, as the referee's referrals stand now. */
export function creditsDue(
  slice: Referrals,
  entities: Entities,
  referee_id: string,
  data: ReferralSaid,
): readonly CreditDue[] {
  const { campaign } = data;
  const { referrers = {} } = slice.objects.get(objectKey(data)) ?? {};
  return inOrder(referrers).flatMap(([name, { told, id }]) => {
    const naming = entities.get('naming', joint(campaignKey(campaign), name));
    // a name that never stood was never credited
    if (!naming) return [];
    const by = told.id === undefined ? { named_source_id: told.source_id ?? '' } : { named_id: told.id };
    const credit = { campaign, referee_id, given: naming.objects > 0, turn: naming.turn, ...by };
    return [{ referrer_id: id, credit }];
  });
}

/** The credits that cease with a referee who goes: nothing names the referrers any more. */
export function creditsEnding(
  { objects, turns }: Referrals,
  entities: Entities,
  referee_id: string,
): readonly CreditDue[] {
  const ending = new Map<string, CreditDue>();
  for (const { said, referrers } of objects.values()) {
    const campaign = { id: said.values.campaign_id ?? '' };
    for (const [name, { told, id }] of inOrder(referrers)) {
      const naming = joint(campaignKey(campaign), name);
      if ((entities.get('naming', naming)?.objects ?? 0) === 0) continue;
      const by = told.id === undefined ? { named_source_id: told.source_id ?? '' } : { named_id: told.id };
      ending.set(naming, { referrer_id: id, credit: { campaign, referee_id, given: false, turn: turns + 1, ...by } });
    }
  }
  return [...ending.values()];
}

/** All credits that a customer, or a name that is nobody's yet, was given. */
export function creditsOf({ entities }: { readonly entities: Entities }): readonly ReferralCredit[] {
  return [...entities.ofKind('referred')].flatMap(([key, { names }]) => {
    const [campaign = '', referee_id = ''] = JSON.parse(key) as string[];
    return inOrder(names).map(([name, { campaign_name, given, turn }]) => ({
      campaign: { id: campaign, ...(campaign_name !== undefined && { name: campaign_name }) },
      referee_id,
      given,
      turn,
      ...(name.startsWith('source_id:') && { named_source_id: name.slice('source_id:'.length) }),
      ...(name.startsWith('id:') && { named_id: name.slice('id:'.length) }),
    }));
  });
}

/** Whether a credit says nothing that is not known. */
export function isCreditKnown(entities: Entities, credit: ReferralCredit): boolean {
  const known = entities.get('referred', creditKey(credit));
  const { turn = 0 } = credit;
  const last = known && own(known.names, creditName(credit));
  return last !== undefined && last.turn >= turn;
}

// 5. Rendering

/** Referrals by others; who names themselves is not referred. */
export function referralBlock({ objects }: Referrals, id: string, profile: Profile): object {
  const campaigns = objects
    .values()
    .map(({ said }) => said.values as Referral)
    .filter(({ referrer }) => !isSelf(referrer, id, profile))
    .sort(
      (a, b) =>
        compareTexts(a.date, b.date) ||
        compareTexts(a.campaign_id, b.campaign_id) ||
        compareTexts(a.related_object_id, b.related_object_id),
    );
  return { total: campaigns.length, campaigns: campaigns.map(document) };
}

/** Judged by the names that are known now. */
export const isSelf = ({ told, id: meant }: Referrer, id: string, profile: Profile): boolean =>
  meant === id || told.id === id || isNamedBy(profile, told);

/** Whether an event tells that a customer referred themselves. */
export const isSelfReferral = (data: ReferralSaid, id: string, profile: Profile): boolean =>
  isSelf(referrerOf(data), id, profile);

/** Whether the referrals of a customer name another one by an id. */
export const isReferredBy = ({ objects }: Referrals, referrer_id: string): boolean =>
  objects.values().some(({ said }) => said.values.referrer?.id === referrer_id);

const document = ({ campaign_id, referrer, related_object_id, related_object_type, date }: Referral): object => ({
  campaign_id,
  referrer_id: referrer.id,
  related_object_id,
  related_object_type,
  date: shown(date),
});
