import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ContractError } from '#contract';
import { type Judged, Memberships } from '../segments/memberships.js';
import { Reasons } from '../segments/reasons.js';
import type { Segment } from '../segments/segments.js';

/** The segments that a customer belongs to; an unknown one is judged as a customer of whom nothing else is known. */
export class ListCustomerSegments extends Query<readonly Segment[]> {
  constructor(readonly ref: string) {
    super();
  }
}

@QueryHandler(ListCustomerSegments)
class ListCustomerSegmentsHandler implements IQueryHandler<ListCustomerSegments> {
  constructor(private readonly memberships: Memberships) {}

  async execute({ ref }: ListCustomerSegments): Promise<readonly Segment[]> {
    return this.memberships.of(await this.memberships.judged(ref));
  }
}

/** A segment and an active customer, whether it belongs to the segment or not. */
export interface Membership {
  readonly segment: Segment;
  readonly customer: Judged;
}

/** Throws 404 for either. */
export class GetMembership extends Query<Membership> {
  constructor(
    readonly ref: string,
    readonly segmentId: string,
  ) {
    super();
  }
}

@QueryHandler(GetMembership)
class GetMembershipHandler implements IQueryHandler<GetMembership> {
  constructor(private readonly memberships: Memberships) {}

  async execute({ ref, segmentId }: GetMembership): Promise<Membership> {
    const segment = await this.memberships.segment(segmentId);
    const customer = await this.memberships.judged(ref);
    if (customer.state.status !== 'active') throw ContractError.customerNotFound(ref);
    return { segment, customer };
  }
}

export class ExplainMembership extends Query<object> {
  constructor(readonly membership: Membership) {
    super();
  }
}

@QueryHandler(ExplainMembership)
class ExplainMembershipHandler implements IQueryHandler<ExplainMembership> {
  constructor(private readonly reasons: Reasons) {}

  execute({ membership: { segment, customer } }: ExplainMembership): Promise<object> {
    return this.reasons.why(segment, customer);
  }
}

export const membershipQueries = [ListCustomerSegmentsHandler, GetMembershipHandler, ExplainMembershipHandler];
