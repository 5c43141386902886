/* The content of a disk after a power cut: a trace of the system calls, replayed with only those writes that were synced. */

interface Write {
  readonly offset: number;
  readonly data: Buffer;
}

/** One file: the bytes that survive, and those written since the last sync. */
class File {
  private stable = Buffer.alloc(0);
  private length = 0;
  private unsynced: Write[] = [];

  write(offset: number, data: Buffer): void {
    this.unsynced.push({ offset, data });
  }

  truncate(length: number): void {
    this.unsynced.push({ offset: length, data: Buffer.alloc(0) });
    this.length = Math.min(this.length, length);
  }

  sync(): void {
    for (const { offset, data } of this.unsynced) this.apply(offset, data);
    this.unsynced = [];
  }

  /** The bytes that would be there after a power cut now. */
  image(): Buffer {
    return Buffer.from(this.stable.subarray(0, this.length));
  }

  private apply(offset: number, data: Buffer): void {
    const end = offset + data.length;
    if (end > this.stable.length)
      this.stable = Buffer.concat([this.stable, Buffer.alloc(Math.max(end - this.stable.length, 1 << 20))]);
    data.copy(this.stable, offset);
    this.length = Math.max(this.length, end);
  }
}

export interface Acknowledged {
  /** Ids acknowledged so far. */
  readonly ids: readonly string[];
  /** File name -> what a power cut would leave of it. */
  image(): ReadonlyMap<string, Buffer>;
}

const HEX = /\\x([0-9a-f]{2})/g;
const CALL = /^(\d+) +(\w+)\((.*)\) += (-?\d+)/s;

/** Replays a trace of `strace -f -y -xx`; calls back at each `ack <id>` with the disk of that moment. */
export function replay(trace: string, onAck: (moment: Acknowledged) => void): void {
  const files = new Map<string, File>();
  const ids: string[] = [];
  for (const line of whole(trace)) {
    const [, , call = '', args = '', result = '-1'] = CALL.exec(line) ?? [];
    if (Number(result) < 0) continue;
    const path = unescaped(/^\d+<([^>]*)>/.exec(args)?.[1] ?? '').toString();
    const file = files.get(path) ?? new File();
    if (call === 'write' && args.startsWith('1<')) {
      ids.push(
        ...[
          ...bytes(args)
            .toString()
            .matchAll(/ack (\S+)/g),
        ].map(([, id = '']) => id),
      );
      onAck({ ids: [...ids], image: () => new Map([...files].map(([name, one]) => [name, one.image()])) });
    } else if (call === 'pwrite64') {
      file.write(Number(/, (\d+)$/.exec(args)?.[1]), bytes(args).subarray(0, Number(result)));
    } else if (call === 'ftruncate') {
      file.truncate(Number(/, (\d+)$/.exec(args)?.[1]));
    } else if (call === 'fsync' || call === 'fdatasync') {
      file.sync();
    }
    if (path !== '') files.set(path, file);
  }
}

const bytes = (args: string): Buffer => unescaped(/"((?:\\x..)*)"/.exec(args)?.[1] ?? '');

/** `-xx` writes every byte of a text in hex. */
const unescaped = (text: string): Buffer => Buffer.from(text.replace(HEX, '$1'), 'hex');

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
