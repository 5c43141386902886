import type { AllStreamResolvedEvent, ResolvedEvent } from '@eventstore/db-client';
import type { JsonObject, Position, RecordedEvent } from '../event-store.js';

export type Resolved = AllStreamResolvedEvent | ResolvedEvent;

export function positionOf({ event, commitPosition }: Resolved): Position {
  return event?.position?.commit ?? commitPosition ?? 0n;
}

/** Undefined for foreign events: the server's own, links, and data that are not JSON. */
export function recordOf(resolved: Resolved): RecordedEvent | undefined {
  const { event } = resolved;
  if (event === undefined || !event.isJson || event.type.startsWith('$') || event.streamId.startsWith('$'))
    return undefined;
  return {
    stream: event.streamId,
    revision: Number(event.revision),
    position: positionOf(resolved),
    id: event.id,
    type: event.type,
    data: event.data as JsonObject,
    metadata: (event.metadata ?? {}) as JsonObject,
  };
}
