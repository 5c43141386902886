import { type Entities, joint } from './entities.js';
import { type EventOf, inTurn, type Stepped, type Subject } from './fold.js';
import { inOrder, type Keyed, own, put, without } from './keyed.js';
import { campaignEntity, campaignKey, type CampaignReference, credited, type Loyalty, noLoyalty } from './loyalty.js';
import type { Reference } from './profile.js';

/* The referrer's side of a referral; referral.ts has the referee's. */

// 1. Events

/**
 * The referrer's side of a referral: `given` is true while the referee names this customer in the campaign by this
 * name. The referee's later turn wins. Version 0.1.0 had neither names nor turns.
 */
export interface ReferralCredit {
  readonly campaign: CampaignReference;
  readonly referee_id: string;
  readonly given?: boolean;
  readonly turn?: number;
  readonly named_id?: string;
  readonly named_source_id?: string;
}

export type CreditEvent = EventOf<'ReferralCredited', ReferralCredit>;

// 2. State

interface CreditSaid {
  readonly given: boolean;
  readonly turn: number;
  readonly campaign_name?: string | undefined;
}

/** One referee in one campaign: the latest credit for each name of this customer. */
export interface ReferredEntity {
  readonly names: Keyed<CreditSaid>;
}

declare module './entities.js' {
  interface EntityOf {
    readonly referred: ReferredEntity;
  }
}

// 3. Fold

export const credits: Subject<'loyalty', Loyalty, CreditEvent, 'referred'> = {
  slice: 'loyalty',
  entities: { referred: true },
  facts: {},
  initial: noLoyalty,
  on: {
    ReferralCredited: {
      personal: ['named_source_id'],
      touches: (data) => [{ kind: 'referred', id: creditKey(data) }, campaignEntity(data.campaign)],
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
  return inTurn(slice, entities.set('referred', id, after), [
    (one, all) => counted(one, all, campaign, before, -1),
    (one, all) => counted(one, all, campaign, after, 1),
  ]);
}

function noted(before: ReferredEntity = { names: {} }, data: ReferralCredit): ReferredEntity {
  const { given = true, turn = 0, campaign } = data;
  const name = creditName(data);
  // a credit with a name supersedes one without
  const names = name === '' ? before.names : without(before.names, '');
  const known = own(names, name);
  if (known && known.turn >= turn) return before;
  return { names: put(names, name, { given, turn, campaign_name: campaign.name }) };
}

const creditName = ({ named_id, named_source_id }: ReferralCredit): string =>
  named_id === undefined && named_source_id === undefined
    ? ''
    : nameText(named_id === undefined ? { source_id: named_source_id ?? '' } : { id: named_id });

function counted(
  slice: Loyalty,
  entities: Entities,
  campaign: string,
  referee: ReferredEntity | undefined,
  sign: 1 | -1,
): Stepped<Loyalty> {
  const given = inOrder(referee?.names ?? {}).filter(([, one]) => one.given);
  if (given.length === 0) return [slice, entities];
  return credited(slice, entities, campaign, given[0]?.[1].campaign_name, sign);
}

export const nameText = ({ id, source_id }: Reference): string =>
  id === undefined ? `source_id:${source_id}` : `id:${id}`;

// 4. Rules

/** All credits of a customer, or of a name that no customer has yet. */
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

/** True when a known credit is as new as this one. */
export function isCreditKnown(entities: Entities, credit: ReferralCredit): boolean {
  const known = entities.get('referred', creditKey(credit));
  const { turn = 0 } = credit;
  const last = known && own(known.names, creditName(credit));
  return last !== undefined && last.turn >= turn;
}
