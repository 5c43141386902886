import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { header } from './request.js';

/** A client that takes nothing for so long is let go. */
const SILENCE_MS_MAX = 60_000;

export const NDJSON = 'application/x-ndjson';

/** Whether the caller asks for one JSON object a line. */
export const asksForLines = (request: FastifyRequest): boolean => header(request, 'accept')?.includes(NDJSON) === true;

/** Answers with texts as they come, no faster than the client reads them. */
export function streamTexts(reply: FastifyReply, type: string, texts: AsyncIterable<string>): void {
  const { socket } = reply.raw;
  socket?.setTimeout(SILENCE_MS_MAX, () => socket.destroy());
  reply.raw.once('close', () => socket?.setTimeout(0));
  void reply.type(`${type}; charset=utf-8`).send(Readable.from(texts, { objectMode: false, highWaterMark: 65_536 }));
}

/** One JSON object a line, some of them together. */
export async function* lines(items: AsyncIterable<object>): AsyncGenerator<string> {
  let text = '';
  for await (const item of items) {
    text += `${JSON.stringify(item)}\n`;
    if (text.length < LINES_BYTES) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

const LINES_BYTES = 32_768;
