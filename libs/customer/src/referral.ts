import { type Entities, joint } from './entities.js';
import { type EventOf, type Stepped, type Subject } from './fold.js';
import { type Instant, shown } from './instant.js';
import { inOrder, type Keyed, own, put } from './keyed.js';
import { campaignKey, type CampaignReference } from './loyalty.js';
import { PersistentMap } from './persistent-map.js';
import { isNamedBy, type Profile, type Reference } from './profile.js';
import { nameText, type ReferralCredit } from './referral-credit.js';
import { type Meaning, merge, type Registers } from './register.js';
import { stampOf } from './statement.js';
import { compareTexts } from './text.js';
import { compareValues } from './value.js';

// 1. Facts and events

interface ReferralSaid {
  /** The id that the fact gave, or that its source id resolved to. */
  readonly referrer: { readonly id: string };
  /** The source id, when the fact gave one. */
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

/** An id of another system, by which a referral named its referrer, leads to that customer now. */
export interface ReferrerFound {
  readonly named_id: string;
  readonly referrer_id: string;
}

export type ReferralEvent = EventOf<'CustomerReferred', ReferralSaid> | EventOf<'ReferrerResolved', ReferrerFound>;
type Referred = Extract<ReferralEvent, { type: 'CustomerReferred' }>;

// 2. State

/** A referrer's name in a fact, and the id that it resolved to then; only the name is compared. */
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

/** All statements about one related object in one campaign. */
interface ReferralEntry {
  readonly said: Registers<Referral>;
  /** Every referrer that a fact ever named, by the text of the name. */
  readonly referrers: Keyed<Referrer>;
}

/** The campaign's name in referrals, with the turn and the fact that last changed it. */
interface CampaignCalled {
  readonly said: Registers<{ readonly name: string }>;
  readonly turn: number;
  readonly changed_by: Stamped;
}

interface Stamped {
  readonly at: Instant;
  readonly id?: string | undefined;
}

export interface Referrals {
  /** By campaign and related object, all shown. */
  readonly objects: PersistentMap<ReferralEntry>;
  /** By campaign, whose name the credits carry. */
  readonly campaigns: PersistentMap<CampaignCalled>;
  /** The number of recorded referrals. */
  readonly turns: number;
  /** Id of another system -> the customer that it resolves to. */
  readonly resolved: Keyed<string>;
}

/** The number of a campaign's objects that show a name, and the turn at which that number last became or left zero. */
export interface NamingEntity {
  readonly objects: number;
  readonly turn: number;
}

declare module './entities.js' {
  interface EntityOf {
    readonly naming: NamingEntity;
  }
}

// 3. Fold

const NAMES = ['referrer_source_id'] as const;

export const referrals: Subject<'referrals', Referrals, ReferralEvent, 'naming', { readonly referral: ReferralFact }> =
  {
    slice: 'referrals',
    entities: { naming: true },
    facts: { referral: referralDraft },
    initial: { objects: PersistentMap.empty(), campaigns: PersistentMap.empty(), turns: 0, resolved: {} },
    restore: (stored) => ({
      ...stored,
      objects: PersistentMap.of(stored.objects),
      campaigns: PersistentMap.of(stored.campaigns),
    }),
    on: {
      CustomerReferred: {
        personal: NAMES,
        touches: (data) => [{ kind: 'naming', id: joint(campaignKey(data.campaign), nameText(referrerOf(data).told)) }],
        step: referred,
      },
      ReferrerResolved: {
        personal: [],
        touches: () => [],
        step: (slice, { data }, entities) => [
          { ...slice, resolved: put(slice.resolved, data.named_id, data.referrer_id) },
          entities,
        ],
      },
    },
  };

const meaning: Meaning = {
  compare: (field, a, b) =>
    field === 'referrer' ? compareValues((a as Referrer).told, (b as Referrer).told) : compareValues(a, b),
};

function referred(slice: Referrals, event: Referred, entities: Entities): Stepped<Referrals> {
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
  const objects = slice.objects.set(key, { said, referrers });
  return [{ ...slice, objects, campaigns: called(slice.campaigns, event, turn), turns: turn }, changed];
}

function called(campaigns: Referrals['campaigns'], event: Referred, turn: number): Referrals['campaigns'] {
  const { campaign } = event.data;
  const key = campaignKey(campaign);
  const before = campaigns.get(key);
  const said = merge(before?.said, campaign.name === undefined ? {} : { name: campaign.name }, stampOf(event));
  if (before && said === before.said) return campaigns;
  const isNew = before?.said.values.name !== said.values.name;
  const changed = isNew || !before ? { turn, changed_by: stampedBy(event) } : before;
  return campaigns.set(key, { said, turn: changed.turn, changed_by: changed.changed_by });
}

const stampedBy = ({ occurred_at: at, origin }: Pick<Referred, 'occurred_at' | 'origin'>): Stamped => ({
  at,
  id: origin?.id,
});

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

const referralOf = (data: ReferralSaid, at: Instant): Referral => ({
  campaign_id: data.campaign.id ?? data.campaign.name ?? '',
  referrer: referrerOf(data),
  related_object_id: relatedId(data),
  related_object_type: relatedType(data),
  date: data.date ?? at,
});

// 4. Rules

function referralDraft(_: Entities, { customer: __, ...data }: ReferralFact) {
  return {
    type: 'CustomerReferred' as const,
    data,
  };
}

/** A credit that follows from a referral, for a referrer that the referral names now or named before. */
export interface CreditDue {
  readonly referrer_id: string;
  readonly credit: ReferralCredit;
}

/**
 * The credits that follow from the referral's object, by the referee's referrals now; from the whole campaign when the
 * referral renamed it.
 */
export function creditsDue(
  slice: Referrals,
  entities: Entities,
  referee_id: string,
  event: Pick<Referred, 'data' | 'occurred_at' | 'origin'>,
): readonly CreditDue[] {
  const campaign = campaignKey(event.data.campaign);
  const { changed_by } = slice.campaigns.get(campaign) ?? {};
  const { at, id } = stampedBy(event);
  const isRenamed = changed_by?.at === at && changed_by.id === id;
  const { referrers = {} } = slice.objects.get(objectKey(event.data)) ?? {};
  const all = isRenamed ? { ...standing(slice, campaign), ...referrers } : referrers;
  return inOrder(all).map(([name, referrer]) => {
    const { objects, turn } = namingOf(slice, entities, campaign, name);
    return {
      referrer_id: referrer.id,
      credit: { ...creditFor(slice, campaign, referrer), referee_id, given: objects > 0, turn },
    };
  });
}

/** The credits that end when the referee is deleted, because no referral names the referrers then. */
export function creditsEnding(slice: Referrals, entities: Entities, referee_id: string): readonly CreditDue[] {
  const campaigns = new Set(slice.objects.values().map(({ said }) => campaignOf(said)));
  return [...campaigns].flatMap((campaign) =>
    inOrder(standing(slice, campaign))
      .filter(([name]) => namingOf(slice, entities, campaign, name).objects > 0)
      .map(([, referrer]) => ({
        referrer_id: referrer.id,
        credit: { ...creditFor(slice, campaign, referrer), referee_id, given: false, turn: slice.turns + 1 },
      })),
  );
}

/** Every referrer that a fact ever named in a campaign. */
const standing = ({ objects }: Referrals, campaign: string): Keyed<Referrer> =>
  Object.assign(
    {},
    ...objects.values().map((one) => (campaignOf(one.said) === campaign ? one.referrers : {})),
  ) as Keyed<Referrer>;

const campaignOf = ({ values }: Registers<Referral>): string => values.campaign_id ?? '';

function namingOf({ campaigns }: Referrals, entities: Entities, campaign: string, name: string): NamingEntity {
  const { objects, turn } = entities.get('naming', joint(campaign, name)) ?? { objects: 0, turn: 0 };
  return { objects, turn: Math.max(turn, campaigns.get(campaign)?.turn ?? 0) };
}

/** The campaign of a credit, and the referrer's name as the fact gave it. */
function creditFor({ campaigns }: Referrals, id: string, { told }: Referrer) {
  const { name } = campaigns.get(id)?.said.values ?? {};
  const by = told.id === undefined ? { named_source_id: told.source_id ?? '' } : { named_id: told.id };
  return { campaign: { id, ...(name !== undefined && { name }) }, ...by };
}

// 5. Rendering

/** The referrals by others: self-referrals are not shown. */
export function referralBlock({ objects, resolved }: Referrals, id: string, profile: Profile): object {
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
  return { total: campaigns.length, campaigns: campaigns.map((one) => document(one, resolved)) };
}

/** True when the referrer is the customer, by the names that are known now. */
export const isSelf = ({ told, id: meant }: Referrer, id: string, profile: Profile): boolean =>
  meant === id || told.id === id || isNamedBy(profile, told);

/** True when the event is a self-referral. */
export const isSelfReferral = (data: ReferralSaid, id: string, profile: Profile): boolean =>
  isSelf(referrerOf(data), id, profile);

/** True when a referral of the customer names this referrer now. */
export const isReferredBy = ({ objects, resolved }: Referrals, referrer_id: string): boolean =>
  objects
    .values()
    .some(({ said: { values } }) => values.referrer && customerOf(values.referrer, resolved) === referrer_id);

/** True when the id of another system already resolves to this referrer. */
export const isResolved = ({ resolved }: Referrals, { named_id, referrer_id }: ReferrerFound): boolean =>
  own(resolved, named_id) === referrer_id;

const customerOf = ({ told, id }: Referrer, resolved: Referrals['resolved']): string =>
  (told.id === undefined ? undefined : own(resolved, told.id)) ?? id;

const document = (
  { campaign_id, referrer, related_object_id, related_object_type, date }: Referral,
  resolved: Referrals['resolved'],
): object => ({
  campaign_id,
  referrer_id: customerOf(referrer, resolved),
  related_object_id,
  related_object_type,
  date: shown(date),
});
