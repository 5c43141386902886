import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { header, onceClosed } from './request.js';

/** A client that reads nothing for this time is disconnected. */
const SILENCE_MS_MAX = 60_000;

export const NDJSON = 'application/x-ndjson';

/** True when the caller accepts NDJSON. */
export const asksForLines = (request: FastifyRequest): boolean => header(request, 'accept')?.includes(NDJSON) === true;

/** Streams texts as the answer, no faster than the client reads. */
export function streamTexts(reply: FastifyReply, type: string, texts: AsyncIterable<string>): void {
  const { socket } = reply.raw;
  socket?.setTimeout(SILENCE_MS_MAX, () => socket.destroy());
  onceClosed(reply.raw, () => socket?.setTimeout(0));
  void reply
    .type(`${type}; charset=utf-8`)
    .send(Readable.from(joined(texts), { objectMode: false, highWaterMark: 65_536 }));
}

/** One JSON object a line. */
export async function* lines(items: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const item of items) yield `${JSON.stringify(item)}\n`;
}

/** Joins short texts into longer ones, because each part costs a write. */
async function* joined(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let text = '';
  for await (const part of texts) {
    text += part;
    if (text.length < PART_LENGTH) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

const PART_LENGTH = 32_768;
