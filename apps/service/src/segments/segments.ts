import { Catalog, type CatalogEntry, type CatalogWords } from '#event-store';
import { type CompiledFilter, compileFilter, type Filter } from '#segment';

export type SegmentType = 'auto-update' | 'passive' | 'static';

/** As it is written, for ever. */
export interface SegmentDefinition {
  readonly name: string;
  readonly type: SegmentType;
  /** In its normal form; of a static segment there is none. */
  readonly filter?: Filter;
  /** Ids, of a static segment. */
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

/** A segment whose members are recorded, with its filter. */
export type ActiveSegment = Segment & { readonly type: 'auto-update'; readonly filter: CompiledFilter };

/** The segments that are defined, ready to judge. */
export class Segments {
  private revision = -2;
  private segments: ReadonlyMap<string, Segment> = new Map();
  private made = new Map<SegmentDefinition, Segment>();
  /** Of the last change of a definition. */
  position = 0n;

  constructor(readonly catalog: Catalog<SegmentDefinition>) {}

  /** As they are defined now, oldest first. */
  async all(): Promise<ReadonlyMap<string, Segment>> {
    const { revision, position, entries } = await this.catalog.state();
    // others may have asked later and been answered before
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

  /** Those whose members are recorded, as of the last look at the definitions. */
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
