import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'libsql';
import { chainHash, GENESIS, type JsonObject } from '#event-store';
import { fact } from '../support/facts.js';
import { random as seeded } from '../support/random.js';
import { KEYS, Service } from '../support/service.js';

/* An insider with the disk can do anything to the file: the chain shows some of it, an anchor kept elsewhere shows the rest. */

const LEDGER = resolve('dist/apps/cli/src/main.js');
const CUSTOMERS = 6;
let whole: string;
let anchor: string;
const folders: string[] = [];

interface Row {
  readonly position: number;
  readonly stream_id: number;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
  readonly name: string;
}

interface Verdict {
  readonly valid: boolean;
  readonly bad: readonly { stream: string; revision: number; reason: string; position: string }[];
  readonly anchor?: { readonly findings: readonly { stream: string; reason: string }[]; readonly is_signed: boolean };
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'ledger-tampering-'));
  folders.push(made);
  return made;
}

function ledger(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [LEDGER, ...args], { encoding: 'utf8', env: { PATH: process.env['PATH'] } });
}

function verified(directory: string, isAnchored = false): Verdict & { status: number | null } {
  const what = isAnchored ? ['--anchor', anchor] : ['--all'];
  const { status, stdout, stderr } = ledger('verify', ...what, '--json', '--data-dir', directory);
  if (stdout === '') throw new Error(stderr);
  return { status, ...(JSON.parse(stdout) as Verdict) };
}

/** A copy of the store after an insider changed it. */
function tampered(hands: (db: Database.Database, rows: readonly Row[]) => void): string {
  const directory = folder();
  cpSync(whole, directory, { recursive: true });
  const db = new Database(join(directory, 'events.db'));
  const rows = db
    .prepare('SELECT e.*, s.name FROM events e JOIN streams s ON s.id = e.stream_id ORDER BY position')
    .all() as Row[];
  db.exec('PRAGMA foreign_keys = OFF');
  hands(db, rows);
  db.close();
  return directory;
}

const random = seeded(20_261_123);
const pick = (rows: readonly Row[], isWanted: (row: Row) => boolean): Row => {
  const wanted = rows.filter(isWanted);
  const row = wanted[Math.floor(random() * wanted.length)];
  if (!row) throw new Error('there is no such event');
  return row;
};
const lengthOf = (rows: readonly Row[], name: string): number => rows.filter((row) => row.name === name).length;

beforeAll(async () => {
  const service = await Service.start();
  for (let n = 0; n < CUSTOMERS; n++) {
    await service.call('POST', '/v1/customers', { body: { source_id: `c${n}`, name: `Customer ${n}` } });
    await service.facts(
      Array.from({ length: 6 }, (_, m) =>
        fact('order.paid', `2026-01-0${m + 1}T10:00:00Z`, {
          id: `ord_${n}_${m}`,
          amount: 100 + m,
          status: 'PAID',
          customer: { source_id: `c${n}` },
        }),
      ),
      KEYS.admin,
    );
    await service.call('GET', `/v1/customers/c${n}/history`);
  }
  await service.stop();
  whole = service.directory;
  folders.push(whole);
  anchor = join(folder(), 'anchor.gz');
  const made = ledger('anchor', '--data-dir', whole, '--out', anchor, '--sign-key', `${anchor}.pem`, '--new-key');
  if (made.status !== 0) throw new Error(made.stderr);
});

afterAll(() => {
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});

test('an untouched store verifies, alone and against its anchor', () => {
  expect(verified(whole)).toMatchObject({ status: 0, valid: true, bad: [] });
  expect(verified(whole, true)).toMatchObject({ status: 0, valid: true, anchor: { findings: [], is_signed: true } });
});

describe.each(['customer-', 'source-', 'access-log'])('in streams of %s the chain names', (prefix) => {
  const isOurs = ({ name }: Row): boolean => name.startsWith(prefix);

  test.each([1, 2, 3])('an event whose data was changed (%#)', () => {
    let row: Row | undefined;
    const directory = tampered((db, rows) => {
      row = pick(rows, isOurs);
      db.prepare('UPDATE events SET data = ? WHERE position = ?').run(
        JSON.stringify({ ...(JSON.parse(row.data) as object), forged: 1 }),
        row.position,
      );
    });
    const { status, bad } = verified(directory);
    expect(status).toBe(1);
    expect(bad[0]).toMatchObject({ stream: row?.name, revision: row?.revision, reason: 'hash_mismatch' });
  });

  test('an event whose metadata, type or id was changed, or that is no JSON any more', () => {
    const changes = [
      (row: Row) => ['metadata', row.metadata.replace(/"recorded_at":"\d{4}/, '"recorded_at":"1999')],
      (row: Row) => ['type', `${row.type}X`],
      () => ['id', '00000000-0000-4000-8000-000000000000'],
      () => ['metadata', 'null'],
      () => ['data', '{"broken'],
      () => ['data', '['.repeat(20_000) + ']'.repeat(20_000)],
    ] as const;
    for (const change of changes) {
      let row: Row | undefined;
      const directory = tampered((db, rows) => {
        row = pick(rows, isOurs);
        const [column, value] = change(row) as [string, string];
        db.prepare(`UPDATE events SET ${column} = ? WHERE position = ?`).run(value, row.position);
      });
      expect(verified(directory).bad[0]).toMatchObject({ stream: row?.name, revision: row?.revision });
    }
  });
});

describe.each(['customer-', 'access-log'])('in streams of %s the chain names', (prefix) => {
  const isInner =
    (rows: readonly Row[]) =>
    (row: Row): boolean =>
      row.name.startsWith(prefix) && row.revision > 0 && row.revision < lengthOf(rows, row.name) - 1;

  test.each([1, 2])('two events that changed places (%#)', () => {
    let row: Row | undefined;
    const directory = tampered((db, rows) => {
      const first = pick(rows, isInner(rows));
      const second = rows.find((one) => one.name === first.name && one.revision === first.revision + 1) as Row;
      row = first;
      const set = db.prepare('UPDATE events SET id = ?, type = ?, data = ?, metadata = ? WHERE position = ?');
      set.run(second.id, second.type, second.data, second.metadata, first.position);
      set.run(first.id, first.type, first.data, first.metadata, second.position);
    });
    const { bad } = verified(directory);
    expect(bad.map(({ stream, revision }) => [stream, revision])).toEqual(
      expect.arrayContaining([
        [row?.name, row?.revision],
        [row?.name, (row?.revision ?? 0) + 1],
      ]),
    );
  });

  test.each([1, 2])('where an event was slipped in (%#)', () => {
    let row: Row | undefined;
    const directory = tampered((db, rows) => {
      row = pick(rows, isInner(rows));
      const { stream_id, revision, type, data, metadata } = row;
      db.prepare('UPDATE events SET revision = -revision - 1 WHERE stream_id = ? AND revision > ?').run(
        stream_id,
        revision,
      );
      db.prepare('UPDATE events SET revision = -revision WHERE stream_id = ? AND revision < 0').run(stream_id);
      db.prepare('INSERT INTO events (stream_id, revision, id, type, data, metadata) VALUES (?, ?, ?, ?, ?, ?)').run(
        stream_id,
        revision + 1,
        '11111111-0000-4000-8000-000000000000',
        type,
        data,
        metadata,
      );
    });
    const { bad } = verified(directory);
    expect(bad.length).toBeGreaterThan(0);
    expect(bad.every(({ stream }) => stream === row?.name)).toBe(true);
  });

  test.each([1, 2])('where an event was taken out, closed up or not (%#)', () => {
    for (const isClosed of [false, true]) {
      let row: Row | undefined;
      const directory = tampered((db, rows) => {
        row = pick(rows, isInner(rows));
        db.prepare('DELETE FROM events WHERE position = ?').run(row.position);
        if (!isClosed) return;
        db.prepare('UPDATE events SET revision = -revision WHERE stream_id = ? AND revision > ?').run(
          row.stream_id,
          row.revision,
        );
        db.prepare('UPDATE events SET revision = -revision - 1 WHERE stream_id = ? AND revision < 0').run(
          row.stream_id,
        );
      });
      expect(verified(directory).bad[0]).toMatchObject({
        stream: row?.name,
        reason: isClosed ? 'hash_mismatch' : 'gap',
      });
    }
  });

  test('what readers do not get though it is there', () => {
    const hidings = [
      ['UPDATE streams SET revision = ? WHERE id = ?', (row: Row) => row.revision, (row: Row) => row.revision + 1],
      ['UPDATE streams SET truncate_before = ? WHERE id = ?', (row: Row) => row.revision, () => 0],
      ['UPDATE streams SET deleted = ? WHERE id = ?', () => 'hard', () => 0],
    ] as const;
    for (const [statement, value, bad] of hidings) {
      let row: Row | undefined;
      const directory = tampered((db, rows) => {
        row = pick(rows, isInner(rows));
        db.prepare(statement).run(value(row), row.stream_id);
      });
      const named = { stream: row?.name, revision: row && bad(row), reason: 'hidden' };
      expect(verified(directory)).toMatchObject({ status: 1, bad: [named] });
      expect(verified(directory, true)).toMatchObject({ status: 1, bad: [named], anchor: { findings: [] } });
    }
  });

  test('nothing when an end is cut off; the anchor does', () => {
    let row: Row | undefined;
    const directory = tampered((db, rows) => {
      row = pick(rows, isInner(rows));
      db.prepare('DELETE FROM events WHERE stream_id = ? AND revision > ?').run(row.stream_id, row.revision);
      db.prepare('UPDATE streams SET revision = ? WHERE id = ?').run(row.revision, row.stream_id);
    });
    expect(verified(directory).valid).toBe(true);
    const { status, anchor: against } = verified(directory, true);
    expect([status, against?.findings]).toEqual([
      1,
      [expect.objectContaining({ stream: row?.name, reason: 'truncated' })],
    ]);
  });

  test('nothing when a whole stream is gone; the anchor does', () => {
    let row: Row | undefined;
    const directory = tampered((db, rows) => {
      row = pick(rows, ({ name }) => name.startsWith(prefix));
      db.prepare('DELETE FROM events WHERE stream_id = ?').run(row.stream_id);
      db.prepare('DELETE FROM streams WHERE id = ?').run(row.stream_id);
    });
    expect(verified(directory).valid).toBe(true);
    expect(verified(directory, true).anchor?.findings).toEqual([
      expect.objectContaining({ stream: row?.name, reason: 'missing' }),
    ]);
  });

  test('nothing when a stream is written anew with hashes that hold; the anchor does', () => {
    let row: Row | undefined;
    const directory = tampered((db, rows) => {
      row = pick(rows, isInner(rows));
      rewrite(
        db,
        rows.filter(({ name }) => name === row?.name),
        row.revision,
      );
    });
    expect(verified(directory).valid).toBe(true);
    expect(verified(directory, true).anchor?.findings).toEqual([
      expect.objectContaining({ stream: row?.name, reason: 'rewritten' }),
    ]);
  });
});

/** Forgeries by an insider who knows the form of events. */
function rewrite(db: Database.Database, events: readonly Row[], from: number): void {
  let previous = GENESIS;
  for (const { position, name, revision, id, type, data, metadata } of events) {
    const said = JSON.parse(data) as JsonObject;
    const changed = revision === from ? { ...said, forged: true } : said;
    const envelope = JSON.parse(metadata) as JsonObject;
    previous = chainHash(previous, { stream: name, revision, id, type, data: changed, metadata: envelope });
    db.prepare('UPDATE events SET data = ?, metadata = ? WHERE position = ?').run(
      JSON.stringify(changed),
      JSON.stringify({ ...envelope, hash: previous }),
      position,
    );
  }
}

test('a store of which something is missing is complained of in words', () => {
  const directory = tampered((db) => db.exec('DELETE FROM meta'));
  const { status, stdout, stderr } = ledger('verify', '--all', '--data-dir', directory);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toBe('The event store cannot be read: the event store has no identity\n');
});

test('an anchor that was tampered with, or signed by another person, is refused', () => {
  const other = join(folder(), 'other.pem');
  ledger('anchor', '--data-dir', whole, '--out', `${other}.anchor`, '--sign-key', other, '--new-key');
  const ours = `${anchor}.pub.pem`;
  const { status } = ledger('verify', '--anchor', `${other}.anchor`, '--public-key', ours, '--data-dir', whole);
  expect(status).toBe(1);
  expect(ledger('verify', '--anchor', anchor, '--public-key', ours, '--data-dir', whole).status).toBe(0);
});

test('an anchor that is none is refused in words', () => {
  const file = join(folder(), 'broken.anchor');
  const [header = '', ...heads] = gunzipSync(readFileSync(anchor)).toString().trimEnd().split('\n');
  const against = (...lines: string[]): { status: number | null; said: string } => {
    writeFileSync(file, lines.join('\n'));
    const { status, stdout, stderr } = ledger('verify', '--anchor', file, '--data-dir', whole);
    return { status, said: stdout + stderr };
  };
  const refused = { status: 1, said: expect.stringMatching(/^\S+broken\.anchor cannot be read as an anchor: it/) };
  expect(against(header, ...heads)).toMatchObject({ status: 0 });
  expect(against('')).toEqual(refused);
  expect(against(header.replace(/"position":"\d+"/, '"position":"x"'), ...heads)).toEqual(refused);
  expect(against(header, ...heads, 'null')).toEqual(refused);
  expect(against(header.replace(/"public_key":"[^"]*"/, '"public_key":"AAAA"'), ...heads).said).toContain(
    'the signature of the anchor does not match',
  );
});
