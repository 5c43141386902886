import { Injectable } from '@nestjs/common';
import { ContractError } from '#contract';
import { blank, type CustomerState } from '#customer';
import { type Among, ReadModel } from '#read-model';
import { isMember, subjectOf } from '#segment';
import { CustomerStreams } from '../commands/customer-streams.js';
import { Clock } from '../ops/clock.js';
import { type Segment, Segments } from './segments.js';

/** A customer, or an unknown one with the blank state. */
export interface Judged {
  readonly id: string;
  readonly state: CustomerState;
}

export const segmentNotFound = (id: string): ContractError => ContractError.resourceNotFound('segment', id);

/** The current memberships of customers in segments. */
@Injectable()
export class Memberships {
  constructor(
    private readonly segments: Segments,
    private readonly streams: CustomerStreams,
    private readonly model: ReadModel,
    private readonly clock: Clock,
  ) {}

  /** Throws 404. */
  async segment(id: string): Promise<Segment> {
    const segment = (await this.segments.all()).get(id);
    if (!segment) throw segmentNotFound(id);
    return segment;
  }

  /** The current state of a customer; an unknown customer has the blank state (contract 2.7). */
  async judged(ref: string): Promise<Judged> {
    return (await this.streams.active(ref)) ?? { id: ref, state: blank };
  }

  /** The segments that a customer belongs to, oldest first. */
  async of({ id, state }: Judged): Promise<Segment[]> {
    const now = this.clock.now();
    const subject = subjectOf(id, state.head);
    const at = { id, status: state.status, now };
    return [...(await this.segments.all()).values()].filter((segment) => isMember(segment, subject, at));
  }

  /** The condition that limits a list of customers to a segment. Throws 404. */
  async among(segmentId: string): Promise<Among> {
    const { id, type, filter, customers } = await this.segment(segmentId);
    if (type === 'auto-update') return { segment_id: id };
    if (customers) return { ids: [...customers] };
    return filter ? { condition: filter.toSql(this.clock.now(), this.model.dialect) } : { ids: [] };
  }
}
