import { openBroker } from '../adapters.js';
import { createLog } from '../ops/log.js';
import { nameOf, work } from '../ops/worker.js';
import type { FromPublisher } from './messages.js';
import { Publisher } from './publisher.js';

/* The publisher's thread: until the main thread says `stop`. */

await work<FromPublisher>(async (place) => {
  const { config, tell, signal } = place;
  const log = createLog(config);
  const broker = openBroker(config, log);
  const publisher = new Publisher({ ...place, broker, log }, (published) => tell({ kind: 'published', ...published }), {
    onTrouble: (error, tries) => tell({ kind: 'trouble', tries, error: broker.trouble ?? `The publisher tries again after ${nameOf(error)}` }), // prettier-ignore
    onLeftOut: () => tell({ kind: 'left-out' }),
  });
  await publisher.run(signal);
});
