import { isUtf8 } from 'node:buffer';
import { ContractError, limits } from '#contract';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPENING, CLOSING, OPENING_BRACE, CLOSING_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Limits a body to the size in the contract. Throws `payload_too_large`. */
export async function* bounded(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > limits.body_bytes_max) throw new ContractError('payload_too_large');
    yield chunk;
  }
}

/** All of a body as JSON. Throws `invalid_payload`. */
export async function jsonOf(body: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return jsonIn(Buffer.concat(chunks));
}

/** The items of a body that is a JSON array, one at a time, so that only one is in memory. Throws `invalid_payload`. */
export async function* jsonItems(body: AsyncIterable<Buffer>): AsyncGenerator<unknown> {
  const cutter = new Cutter();
  for await (const chunk of body) yield* cutter.take(chunk);
  cutter.end();
}

/** Cuts an array at each comma outside of strings and brackets; the parser validates each item later. */
class Cutter {
  private place: 'before' | 'within' | 'after' = 'before';
  private depth = 0;
  private isText = false;
  private isEscaped = false;
  private pieces: Buffer[] = [];
  private items = 0;

  *take(chunk: Buffer): Generator<unknown> {
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      if (this.place !== 'within') {
        this.outside(byte);
        from = i + 1;
      } else if (this.isBorder(byte)) {
        this.pieces.push(chunk.subarray(from, i));
        from = i + 1;
        if (byte === CLOSING) this.place = 'after';
        yield* this.item();
      }
    }
    // copied, because a slice would keep the whole chunk in memory
    if (from < chunk.length) this.pieces.push(Buffer.from(chunk.subarray(from)));
  }

  end(): void {
    if (this.place === 'before') throw notArray();
    if (this.place === 'within') throw notJson();
  }

  private outside(byte: number): void {
    if (SPACES.has(byte)) return;
    if (this.place === 'after') throw notJson();
    if (byte !== OPENING) throw notArray();
    this.place = 'within';
  }

  /** True when an item ends at this byte. */
  private isBorder(byte: number): boolean {
    if (this.isText) return this.inText(byte);
    if (byte === QUOTE) this.isText = true;
    if (this.depth === 0) {
      if (byte === CLOSING || byte === COMMA) return true;
    } else if (byte === CLOSING || byte === CLOSING_BRACE) this.depth -= 1;
    if (byte === OPENING || byte === OPENING_BRACE) this.depth += 1;
    return false;
  }

  private inText(byte: number): false {
    if (this.isEscaped) this.isEscaped = false;
    else if (byte === BACKSLASH) this.isEscaped = true;
    else if (byte === QUOTE) this.isText = false;
    return false;
  }

  private *item(): Generator<unknown> {
    const bytes = Buffer.concat(this.pieces);
    this.pieces = [];
    if (this.place === 'after' && this.items === 0 && bytes.every((byte) => SPACES.has(byte))) return;
    this.items += 1;
    yield jsonIn(bytes);
  }
}

const notArray = (): ContractError => new ContractError('invalid_payload', 'Payload must be an array');
const notJson = (): ContractError => new ContractError('invalid_payload', 'The body is not valid JSON');

/** Parses JSON in UTF-8; another encoding would corrupt names. Throws `invalid_payload`. */
export function jsonIn(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new ContractError('invalid_payload', 'The body is not UTF-8');
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw notJson();
  }
}
