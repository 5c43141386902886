import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { SegmentBody, SegmentChangeBody } from '#contract';
import { ContractError } from '#contract';
import type { Context } from '#event-store';
import { ReadModel } from '#read-model';
import { assertRoom, changed, definitionOf, filterOf } from '../segments/definition.js';
import { segmentNotFound } from '../segments/memberships.js';
import { type SegmentDefinition, Segments } from '../segments/segments.js';

/** A new segment. Throws 400 for a body that defines none. */
export class DefineSegment extends Command<void> {
  readonly definition: SegmentDefinition;

  constructor(
    readonly id: string,
    body: SegmentBody,
    readonly context: Context,
  ) {
    super();
    this.definition = definitionOf(body);
  }
}

@CommandHandler(DefineSegment)
class DefineSegmentHandler implements ICommandHandler<DefineSegment> {
  constructor(
    private readonly segments: Segments,
    private readonly model: ReadModel,
  ) {}

  async execute({ id, definition, context }: DefineSegment): Promise<void> {
    if (definition.customers) await this.assertKnown(definition.customers);
    await this.segments.catalog.define(
      id,
      (entries) => {
        assertRoom(
          [...entries.values()].map((entry) => entry.definition),
          definition,
        );
        return definition;
      },
      context,
    );
  }

  private async assertKnown(ids: readonly string[]): Promise<void> {
    const known = await this.model.activeAmong(ids);
    const unknown = ids.find((id) => !known.has(id));
    if (unknown !== undefined) throw ContractError.customerNotFound(unknown);
  }
}

/** A change of a segment; absent properties keep their values. */
export class ChangeSegment extends Command<void> {
  constructor(
    readonly id: string,
    readonly body: SegmentChangeBody,
    readonly context: Context,
  ) {
    super();
  }
}

@CommandHandler(ChangeSegment)
class ChangeSegmentHandler implements ICommandHandler<ChangeSegment> {
  constructor(private readonly segments: Segments) {}

  async execute({ id, body: { filter, ...rest }, context }: ChangeSegment): Promise<void> {
    const change = { ...rest, ...(filter && { filter: filterOf(filter) }) };
    await this.segments.catalog.define(
      id,
      (entries) => {
        const before = entries.get(id)?.definition;
        if (!before) throw segmentNotFound(id);
        return changed(before, change);
      },
      context,
    );
  }
}

export class RemoveSegment extends Command<void> {
  constructor(
    readonly id: string,
    readonly context: Context,
  ) {
    super();
  }
}

@CommandHandler(RemoveSegment)
class RemoveSegmentHandler implements ICommandHandler<RemoveSegment> {
  constructor(private readonly segments: Segments) {}

  async execute({ id, context }: RemoveSegment): Promise<void> {
    if (!(await this.segments.catalog.remove(id, context))) throw segmentNotFound(id);
  }
}

export const segmentCommands = [DefineSegmentHandler, ChangeSegmentHandler, RemoveSegmentHandler];
