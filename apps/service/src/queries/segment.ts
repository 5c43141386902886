import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ContractError, type SegmentActivityQuery, type SegmentListQuery, type SegmentPreviewBody } from '#contract';
import { type ActivityPage, type CustomerPage, type Backfill, ReadModel } from '#read-model';
import { compileFilter, type Filter } from '#segment';
import { Clock } from '../ops/clock.js';
import { filterOf } from '../segments/definition.js';
import { Memberships } from '../segments/memberships.js';
import { type Segment, Segments } from '../segments/segments.js';
import { assertAllUsed, type Filterable, matcher, type Matcher, typeNamed } from './filters.js';

/** The contract's object of a segment. */
export class GetSegment extends Query<object> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(GetSegment)
class GetSegmentHandler implements IQueryHandler<GetSegment> {
  constructor(
    private readonly memberships: Memberships,
    private readonly model: ReadModel,
  ) {}

  async execute({ id }: GetSegment): Promise<object> {
    const segment = await this.memberships.segment(id);
    const [object = {}] = await objectsOf(this.model, [segment]);
    return object;
  }
}

export interface SegmentPage {
  readonly data: readonly object[];
  readonly total: number;
  readonly has_more: boolean;
}

export class ListSegments extends Query<SegmentPage> {
  constructor(readonly query: SegmentListQuery) {
    super();
  }
}

@QueryHandler(ListSegments)
class ListSegmentsHandler implements IQueryHandler<ListSegments> {
  constructor(
    private readonly segments: Segments,
    private readonly model: ReadModel,
    private readonly clock: Clock,
  ) {}

  async execute({ query }: ListSegments): Promise<SegmentPage> {
    const { limit, page, order, starting_after, ...filter } = query;
    const sorted = [...(await this.segments.all()).values()];
    if (order === '-created_at') sorted.reverse();
    const cursor = sorted.findIndex(({ id }) => id === starting_after);
    if (starting_after !== undefined && cursor < 0)
      throw new ContractError('invalid_query_params', 'Property .starting_after names no segment of this list');
    const isListed = listing(filter, this.clock.now());
    const total = sorted.filter(isListed).length;
    const rest = sorted.slice(cursor + 1).filter(isListed);
    const from = cursor < 0 ? (page - 1) * limit : 0;
    const data = await objectsOf(this.model, rest.slice(from, from + limit));
    return { data, total, has_more: rest.length > from + limit };
  }
}

export class ListSegmentActivity extends Query<ActivityPage> {
  constructor(
    readonly id: string,
    readonly query: SegmentActivityQuery,
  ) {
    super();
  }
}

@QueryHandler(ListSegmentActivity)
class ListSegmentActivityHandler implements IQueryHandler<ListSegmentActivity> {
  constructor(private readonly model: ReadModel) {}

  execute({ id, query }: ListSegmentActivity): Promise<ActivityPage> {
    return this.model.segmentActivity(id, query);
  }
}

/** The members that a filter would have. Throws 400 for a filter that is none. */
export class PreviewSegment extends Query<Pick<CustomerPage, 'documents' | 'total'>> {
  readonly filter: Filter;
  readonly limit: number;

  constructor({ filter, limit }: SegmentPreviewBody) {
    super();
    this.filter = filterOf(filter);
    this.limit = limit;
  }
}

@QueryHandler(PreviewSegment)
class PreviewSegmentHandler implements IQueryHandler<PreviewSegment> {
  constructor(
    private readonly model: ReadModel,
    private readonly clock: Clock,
  ) {}

  execute({ filter, limit }: PreviewSegment): Promise<Pick<CustomerPage, 'documents' | 'total'>> {
    const condition = compileFilter(filter).toSql(this.clock.now(), this.model.dialect);
    return this.model.customers({ among: { condition }, limit });
  }
}

export const segmentQueries = [
  GetSegmentHandler,
  ListSegmentsHandler,
  ListSegmentActivityHandler,
  PreviewSegmentHandler,
];

async function objectsOf(model: ReadModel, segments: readonly Segment[]): Promise<object[]> {
  const isActive = segments.some(({ type }) => type === 'auto-update');
  const fills = isActive ? await model.segmentWork.fills() : undefined;
  return segments.map((segment) => objectOf(segment, fills?.get(segment.id)));
}

function objectOf(segment: Segment, fill: Backfill | undefined): object {
  const { id, name, type, created_at, updated_at, filter, customers } = segment;
  const common = { id, name, created_at, updated_at, type, filter: filter?.source ?? null, object: 'segment' };
  if (customers) return { ...common, customers_count: customers.size };
  if (type === 'passive') return common;
  return {
    ...common,
    initial_sync_status: fill?.isRecorded === true ? 'DONE' : 'IN_PROGRESS',
    initial_sync_customers: fill?.customers ?? 0,
  };
}

const FIELDS = ['id', 'name', 'type', 'created_at'] as const;
const FILTERABLE: Filterable<Segment> = {
  typeOf: (name) => (FIELDS.some((field) => field === name) ? typeNamed(name) : undefined),
  reader: (field) => (segment) => segment[field as (typeof FIELDS)[number]],
  error: 'invalid_query_params',
};

type SegmentFilter = Omit<SegmentListQuery, 'limit' | 'page' | 'order' | 'starting_after'>;

function listing({ type, ids, filters, ...rest }: SegmentFilter, now: string): Matcher<Segment> {
  assertAllUsed(rest);
  const matches = matcher(filters, FILTERABLE, now);
  return (one) => (type === undefined || one.type === type) && (ids?.includes(one.id) ?? true) && matches(one);
}
