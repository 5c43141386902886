import { BroadcastChannel, parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';

import { channelOf, type FromWriter, type ToWriter, type WriteRequest, type WriterOptions } from './messages.js';
import { connect } from './schema.js';
import { Writer } from './writer.js';

/** Bounds one commit, and with it the latency of the first request in the queue. */
const EVENTS_PER_COMMIT_MAX = 2000;

/** Takes as many requests as fit into one commit; a larger append goes alone. */
function takeGroup(queue: WriteRequest[]): WriteRequest[] {
  let events = 0;
  let count = 0;
  for (const { write } of queue) {
    events += typeof write === 'string' ? 1 : write.length;
    if (count > 0 && events > EVENTS_PER_COMMIT_MAX) break;
    count += 1;
  }
  return queue.splice(0, count);
}

function serve(port: MessagePort, { file, synchronous }: WriterOptions): void {
  const db = connect(file, synchronous);
  const writer = new Writer(db);
  const changes = new BroadcastChannel(channelOf(file));
  const queue: WriteRequest[] = [];
  let closing = false;

  const receive = (message: ToWriter): void => {
    if (message === 'close') closing = true;
    else queue.push(...message);
  };
  const receiveWaiting = (): void => {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      receive(next.message as ToWriter);
    }
  };
  const close = (): void => {
    changes.close();
    db.close();
    port.close();
  };

  port.on('message', (message: ToWriter) => {
    receive(message);
    for (receiveWaiting(); queue.length > 0; receiveWaiting()) {
      const answers: FromWriter = writer.commit(takeGroup(queue));
      port.postMessage(answers);
      changes.postMessage(null);
    }
    if (closing) close();
  });
}

if (parentPort === null) throw new Error('the writer runs in a worker thread');
serve(parentPort, workerData as WriterOptions);
