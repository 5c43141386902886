import { Catalog, type CatalogEntry, type CatalogWords } from '#event-store';
import { type CompiledFilter, compileFilter, type Filter } from '#segment';

export type SegmentType = 'auto-update' | 'passive' | 'static';

/** The stored form, which never changes. */
export interface SegmentDefinition {
  readonly name: string;
  readonly type: SegmentType;
  /** The filter in normal form; absent for static segments. */
  readonly filter?: Filter;
  /** The customer ids of a static segment. */
  readonly customers?: readonly string[];
}

export const SEGMENTS: CatalogWords = { stream: 'segments', defined: 'SegmentDefined', removed: 'SegmentRemoved' };

export interface Segment extends Omit<CatalogEntry<SegmentDefinition>, 'definition'> {
  readonly id: string;
  readonly name: string;
  readonly type: SegmentType;
  readonly filter: CompiledFilter | undefined;
  readonly customers: ReadonlySet<string> | undefined;
}

/** A segment with recorded members, and its filter. */
export type ActiveSegment = Segment & { readonly type: 'auto-update'; readonly filter: CompiledFilter };

/** The defined segments, compiled. */
export class Segments {
  private revision = -2;
  private segments: ReadonlyMap<string, Segment> = new Map();
  private made = new Map<SegmentDefinition, Segment>();
  /** The position of the last change of a definition. */
  position = 0n;

  constructor(readonly catalog: Catalog<SegmentDefinition>) {}

  /** The current definitions, oldest first. */
  async all(): Promise<ReadonlyMap<string, Segment>> {
    const { revision, position, entries } = await this.catalog.state();
    // a later call may have finished before with newer definitions
    if (revision <= this.revision) return this.segments;
    const made = new Map<SegmentDefinition, Segment>();
    const segments = new Map<string, Segment>();
    for (const [id, entry] of entries) {
      const segment = this.made.get(entry.definition) ?? segmentOf(id, entry);
      made.set(entry.definition, segment);
      segments.set(id, segment);
    }
    Object.assign(this, { revision, position, made, segments });
    return segments;
  }

  /** The segments with recorded members, as of the last call of `all`. */
  get active(): readonly ActiveSegment[] {
    return [...this.segments.values()].filter((one): one is ActiveSegment => one.type === 'auto-update');
  }
}

function segmentOf(id: string, { definition, created_at, updated_at }: CatalogEntry<SegmentDefinition>): Segment {
  const { name, type, filter, customers } = definition;
  return {
    id,
    name,
    type,
    created_at,
    updated_at,
    filter: filter && compileFilter(filter),
    customers: customers && new Set(customers),
  };
}
