import { openBroker } from '../adapters.js';
import { createLog } from '../ops/log.js';
import { nameOf, work } from '../ops/worker.js';
import { type Published, Publisher } from './publisher.js';

/** Reports of the publisher's thread: each batch, and events that it cannot publish. */
export type PublisherReport = ({ readonly kind: 'published' } & Published) | { readonly kind: 'left-out' };

await work<PublisherReport>(async (place) => {
  const { config, tell, fails, signal } = place;
  const log = createLog(config);
  const broker = await openBroker(config, log);
  const publisher = new Publisher({ ...place, broker, log }, (published) => tell({ kind: 'published', ...published }), {
    onError: (error) => fails(broker.problem ?? `The publisher tries again after ${nameOf(error)}`),
    onLeftOut: () => tell({ kind: 'left-out' }),
  });
  await publisher.run(signal);
});
