import { Injectable } from '@nestjs/common';
import type { Past, ReferralFlag } from '#audit';
import { isReferredBy, isSelfReferral } from '#customer';
import { CustomerStreams } from '../commands/customer-streams.js';

/** Flags suspicious referrals for auditors, by the current owners of names. */
@Injectable()
export class ReferralFlags {
  constructor(private readonly streams: CustomerStreams) {}

  /** Flags by the revision of the event; none for a deleted customer. */
  async of(customer_id: string, referrals: readonly Past[]): Promise<ReadonlyMap<number, ReferralFlag>> {
    const flags = new Map<number, ReferralFlag>();
    const { status, head } = await this.streams.state(customer_id);
    if (status !== 'active') return flags;
    for (const { event, recorded } of referrals) {
      if (event.type !== 'CustomerReferred') continue;
      const flag = isSelfReferral(event.data, customer_id, head.profile)
        ? 'self_referral'
        : await this.cycle(customer_id, event.data.referrer.id);
      if (flag) flags.set(recorded.revision, flag);
    }
    return flags;
  }

  private async cycle(customer_id: string, referrer_id: string): Promise<ReferralFlag | undefined> {
    const owner = await this.streams.ownerOf(referrer_id);
    if (owner === customer_id) return 'self_referral';
    const { head } = await this.streams.state(owner);
    return isReferredBy(head.referrals, customer_id) ? 'referral_cycle' : undefined;
  }
}
