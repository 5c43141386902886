/* What a disk holds after a power cut: a trace of the system calls, replayed with only those writes that were synced. */

type Change = { readonly offset: number; readonly data: Buffer } | { readonly length: number };

/** Says of each unsynced change whether it reached the disk all the same. */
export type Luck = () => boolean;

const NO_LUCK: Luck = () => false;

/** The bytes of one file; what lies beyond its length is unused. */
interface Content {
  readonly bytes: Buffer;
  readonly length: number;
}

function changed({ bytes, length }: Content, change: Change): Content {
  if ('length' in change) return { bytes: Buffer.from(bytes.subarray(0, change.length)), length: change.length };
  const end = change.offset + change.data.length;
  const enough = end <= bytes.length ? bytes : Buffer.concat([bytes, Buffer.alloc(end - bytes.length + (1 << 20))]);
  change.data.copy(enough, change.offset);
  return { bytes: enough, length: Math.max(length, end) };
}

/** One file: the bytes that survive, and what happened since the last sync. */
class File {
  private stable: Content = { bytes: Buffer.alloc(0), length: 0 };
  private unsynced: Change[] = [];

  change(change: Change): void {
    this.unsynced.push(change);
  }

  sync(): void {
    this.stable = this.unsynced.reduce(changed, this.stable);
    this.unsynced = [];
  }

  /** The bytes that would be there after a power cut now. */
  image(luck: Luck): Buffer {
    const copy = { bytes: Buffer.from(this.stable.bytes), length: this.stable.length };
    const { bytes, length } = this.unsynced.filter(luck).reduce(changed, copy);
    return bytes.subarray(0, length);
  }
}

export type Image = ReadonlyMap<string, Buffer>;

export interface Acknowledged {
  /** Ids acknowledged so far. */
  readonly ids: readonly string[];
  /** File name -> what a power cut would leave of it; of the unsynced writes those that have luck, by default none. */
  readonly image: (luck?: Luck) => Image;
}

interface Call {
  readonly name: string;
  /** The file that the call is about, and the number it is known by. */
  readonly path: string;
  readonly args: string;
  readonly result: number;
}

/** Replays a trace of `strace -f -y -xx`; calls back at each `ack <id>` with the disk of that moment. */
export function replay(trace: string, onAck: (moment: Acknowledged) => void): void {
  const files = new Map<string, File>();
  const ids: string[] = [];
  const image = (luck = NO_LUCK): Image => new Map([...files].map(([path, file]) => [path, file.image(luck)]));
  for (const line of whole(trace)) {
    const call = parse(line);
    if (call === undefined || call.result < 0) continue;
    if (call.name === 'write' && call.args.startsWith('1<')) {
      ids.push(
        ...[
          ...bytes(call)
            .toString()
            .matchAll(/ack (\S+)/g),
        ].map(([, id = '']) => id),
      );
      onAck({ ids: [...ids], image });
    } else {
      const file = files.get(call.path) ?? new File();
      files.set(call.path, file);
      apply(file, call);
    }
  }
}

function apply(file: File, call: Call): void {
  const lastNumber = Number(/, (\d+)$/.exec(call.args)?.[1]);
  if (call.name === 'pwrite64') file.change({ offset: lastNumber, data: bytes(call).subarray(0, call.result) });
  else if (call.name === 'ftruncate') file.change({ length: lastNumber });
  else if (call.name === 'fsync' || call.name === 'fdatasync') file.sync();
}

const CALL = /^\d+ +(\w+)\((.*)\) += (-?\d+)/s;

function parse(line: string): Call | undefined {
  const [, name, args, result] = CALL.exec(line) ?? [];
  if (name === undefined || args === undefined) return undefined;
  return { name, args, result: Number(result), path: unescaped(/^\d+<([^>]*)>/.exec(args)?.[1] ?? '').toString() };
}

const bytes = ({ args }: Call): Buffer => unescaped(args.slice(args.indexOf('"') + 1, args.lastIndexOf('"')));

/** `-xx` writes every byte of a text as `\x` and two digits. */
const unescaped = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');

/** Calls that another thread interrupted stand in two lines; they count when they are over. */
function* whole(trace: string): Generator<string> {
  const begun = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const [, pid = '', text = ''] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/s.exec(text)?.[1];
    if (text.endsWith('<unfinished ...>')) begun.set(pid, text.slice(0, -'<unfinished ...>'.length).trimEnd());
    else yield `${pid} ${resumed === undefined ? text : (begun.get(pid) ?? '') + resumed}`;
  }
}
