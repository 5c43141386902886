import { Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  ContractError,
  limits,
  parsed,
  SegmentActivityQuery,
  SegmentBody,
  SegmentChangeBody,
  SegmentListQuery,
  SegmentPreviewBody,
} from '#contract';
import { type Fill, ReadModel } from '#read-model';
import { compileFilter, type Filter, parseFilter } from '#segment';
import { newId } from '../commands/ids.js';
import { Clock } from '../ops/clock.js';
import { type Filterable, matcher, type Matcher, typeNamed } from '../queries/filters.js';
import { Memberships, segmentNotFound } from '../segments/memberships.js';
import { type Segment, type SegmentDefinition, Segments } from '../segments/segments.js';
import { Operation } from './operation.js';
import { Reads } from './reads.js';
import { contextOf, Incoming } from './request.js';

/** Contract section 3: segments. */
@Controller('v1/segments')
export class SegmentsController {
  constructor(
    private readonly segments: Segments,
    private readonly memberships: Memberships,
    private readonly model: ReadModel,
    private readonly reads: Reads,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Operation({ role: 'write', summary: 'Create a segment', body: SegmentBody, answer: 'Segment' })
  async create(@Incoming() request: FastifyRequest): Promise<string> {
    const definition = definitionOf(parsed(SegmentBody, request.body ?? {}));
    if (definition.customers) await this.assertKnown(request, definition.customers);
    const id = newId('seg_');
    await this.segments.catalog.define(
      id,
      (entries) => {
        assertRoom(
          [...entries.values()].map((entry) => entry.definition),
          definition,
        );
        return definition;
      },
      contextOf(request),
    );
    return this.shown(await this.memberships.segment(id));
  }

  @Get()
  @Operation({ role: 'read', summary: 'List segments', query: SegmentListQuery, answer: 'SegmentList' })
  async list(@Incoming() request: FastifyRequest): Promise<string> {
    const query = parsed(SegmentListQuery, request.query, 'query');
    const { limit, page, starting_after } = query;
    const sorted = [...(await this.segments.all()).values()];
    if (query.order === '-created_at') sorted.reverse();
    const cursor = sorted.findIndex(({ id }) => id === starting_after);
    if (starting_after !== undefined && cursor < 0)
      throw new ContractError('invalid_query_params', 'Property .starting_after names no segment of this list');
    const isListed = listing(query, this.clock.now());
    const total = sorted.filter(isListed).length;
    const rest = sorted.slice(cursor + 1).filter(isListed);
    const from = cursor < 0 ? (page - 1) * limit : 0;
    const data = await this.objectsOf(rest.slice(from, from + limit));
    return JSON.stringify({ object: 'list', data_ref: 'data', data, total, has_more: rest.length > from + limit });
  }

  @Get(':id')
  @Operation({ role: 'read', summary: 'Read a segment', answer: 'Segment' })
  async get(@Param('id') id: string): Promise<string> {
    return this.shown(await this.memberships.segment(id));
  }

  @Put(':id')
  @Operation({
    role: 'write',
    summary: 'Change a segment',
    description: 'The name of any segment; of a passive one also the filter, or the type to `auto-update`.',
    body: SegmentChangeBody,
    answer: 'Segment',
  })
  async change(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<string> {
    const { filter, ...rest } = parsed(SegmentChangeBody, request.body ?? {});
    const change = { ...rest, ...(filter && { filter: filterOf(filter) }) };
    await this.segments.catalog.define(
      id,
      (entries) => {
        const before = entries.get(id)?.definition;
        if (!before) throw segmentNotFound(id);
        return changed(before, change);
      },
      contextOf(request),
    );
    return this.shown(await this.memberships.segment(id));
  }

  @Delete(':id')
  @Operation({ role: 'write', summary: 'Delete a segment', status: 204 })
  async delete(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<void> {
    if (!(await this.segments.catalog.remove(id, contextOf(request)))) throw segmentNotFound(id);
  }

  @Get(':id/activities')
  @Operation({
    role: 'read',
    summary: 'List the customers who entered and left a segment',
    query: SegmentActivityQuery,
    answer: 'ActivityList',
    headers: ['X-Ledger-Min-Position'],
  })
  async activities(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<string> {
    const query = parsed(SegmentActivityQuery, request.query, 'query');
    await this.memberships.segment(id);
    await this.reads.caughtUp(request);
    return JSON.stringify(await this.model.segmentActivity(id, query));
  }

  @Post('preview')
  @Operation({
    role: 'read',
    summary: 'Count and sample the members that a filter would have',
    body: SegmentPreviewBody,
    answer: 'SegmentPreview',
    headers: ['X-Ledger-Min-Position'],
  })
  async preview(@Incoming() request: FastifyRequest): Promise<string> {
    const { filter, limit } = parsed(SegmentPreviewBody, request.body ?? {});
    const condition = compileFilter(filterOf(filter)).toSql(this.clock.now(), this.model.dialect);
    await this.reads.caughtUp(request);
    const { documents, total } = await this.model.customers({ among: { condition }, limit });
    return `{"object":"segment_preview","total":${total},"customers":[${documents.join(',')}]}`;
  }

  private async assertKnown(request: FastifyRequest, ids: readonly string[]): Promise<void> {
    await this.reads.caughtUp(request);
    const known = await this.model.activeAmong(ids);
    const unknown = ids.find((id) => !known.has(id));
    if (unknown !== undefined) throw ContractError.customerNotFound(unknown);
  }

  private async shown(segment: Segment): Promise<string> {
    return JSON.stringify((await this.objectsOf([segment]))[0]);
  }

  private async objectsOf(segments: readonly Segment[]): Promise<object[]> {
    const isActive = segments.some(({ type }) => type === 'auto-update');
    const fills = isActive ? await this.model.segmentWork.fills() : undefined;
    return segments.map((segment) => objectOf(segment, fills?.get(segment.id)));
  }
}

function objectOf(segment: Segment, fill: Fill | undefined): object {
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

function listing({ type, ids, filters }: SegmentListQuery, now: string): Matcher<Segment> {
  const matches = matcher(filters, FILTERABLE, now);
  return (one) => (type === undefined || one.type === type) && (ids?.includes(one.id) ?? true) && matches(one);
}

/** Throws 400 that lists the problems of the filter. */
export function filterOf(said: object): Filter {
  const read = parseFilter(said);
  if ('filter' in read) return read.filter;
  throw ContractError.ofProblems('invalid_payload', read.problems);
}

function definitionOf({ name, type, filter, customers }: SegmentBody): SegmentDefinition {
  const kind = type ?? (customers ? 'static' : 'auto-update');
  if (kind === 'static') {
    if (filter) throw new ContractError('invalid_payload', 'A static segment has no filter');
    if (!customers) throw new ContractError('invalid_payload', 'Property .customers is required in a static segment');
    return { name, type: kind, customers: [...new Set(customers)] };
  }
  if (customers) throw new ContractError('invalid_payload', 'Only a static segment lists customers');
  if (!filter) throw new ContractError('invalid_payload', `Property .filter is required in a segment of type ${kind}`);
  return { name, type: kind, filter: filterOf(filter) };
}

/** Contract section 8 allows 100 segments with a filter; here also at most 100 static ones. */
function assertRoom(defined: readonly SegmentDefinition[], { customers }: SegmentDefinition): void {
  const isAlike = (one: SegmentDefinition): boolean => (one.customers === undefined) === (customers === undefined);
  if (defined.filter(isAlike).length >= limits.segments_max)
    throw new ContractError(
      'invalid_payload',
      `There are ${limits.segments_max} ${customers ? 'static' : 'active and passive'} segments already`,
    );
}

type Change = Partial<SegmentDefinition>;

/** The changed definition; undefined when nothing changes. */
function changed(before: SegmentDefinition, change: Change): SegmentDefinition | undefined {
  const after = { ...before, ...change };
  if (isSame(after, before)) return undefined;
  assertEditable(before, after);
  return after;
}

/** Contract 3.1: active and static segments are not editable; here their name is. */
function assertEditable(before: SegmentDefinition, after: SegmentDefinition): void {
  if (before.type !== 'passive' && !isSame({ ...after, name: before.name }, before))
    throw new ContractError('invalid_payload', `Of a segment of type ${before.type} only the name can be changed`);
  if (before.type === 'passive' && (after.type === 'static' || after.customers))
    throw new ContractError('invalid_payload', 'A passive segment can become auto-update, not static');
}

const isSame = (one: SegmentDefinition, other: SegmentDefinition): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
