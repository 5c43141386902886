import { writeSync } from 'node:fs';
import { SqliteEventStore } from '#event-store';

/* Appends to the built event store and says which event is acknowledged the moment it is: `ack <id>` on stdout. */

const [, , file, synchronous, count] = process.argv;
const store = await SqliteEventStore.open({ file, synchronous });
for (let n = 0; n < Number(count); n += 4) {
  await Promise.all(
    [n, n + 1, n + 2, n + 3].map(async (one) => {
      const event = { id: `event-${one}`, type: 'Appended', data: { text: 'x'.repeat(400) }, metadata: {} };
      await store.append(`stream-${one % 7}`, 'any', [event]);
      writeSync(1, `ack event-${one}\n`);
    }),
  );
}
await store.close();
