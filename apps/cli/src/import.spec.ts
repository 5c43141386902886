import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importCdnow, type ImportOptions } from './import.js';
import { FactsSender } from './facts-sender.js';

/** The stand-in's answer to one batch: a status, or one result per fact. */
type Answer = (ids: readonly string[]) => number | readonly object[];

const accepted = (ids: readonly string[]): object[] => ids.map((id) => ({ id, status: 'accepted' }));
const rejected = (id: string, code: number): object => ({ id, status: 'rejected', error: { code, message: 'No' } });

let folder: string;
let server: Server;
let url: string;
let batches: string[][];
let answer: Answer;
let said: string[];
let retryAfter_s: number | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'customer-ledger-import-'));
  batches = [];
  said = [];
  retryAfter_s = undefined;
  answer = accepted;
  server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const ids = (JSON.parse(Buffer.concat(chunks).toString()) as { id: string }[]).map(({ id }) => id);
      batches.push(ids);
      const reply = answer(ids);
      response.statusCode = typeof reply === 'number' ? reply : 200;
      if (retryAfter_s !== undefined) response.setHeader('retry-after', retryAfter_s);
      response.end(typeof reply === 'number' ? '<html>' : JSON.stringify({ results: reply }));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

/** A file with this number of lines, each for another customer. */
async function fileOf(lines: number, last = ''): Promise<string> {
  const path = join(folder, 'purchases.txt');
  const text = Array.from(
    { length: lines },
    (_, i) => ` ${String(i + 1).padStart(5, '0')} 0001 19970101  1   10.00\r\n`,
  );
  await writeFile(path, text.join('') + last);
  return path;
}

const send = (file: string, options: Partial<ImportOptions> = {}, deadline_ms = 60_000) => {
  const given = { url, key: 'app:token', stateDir: join(folder, 'state'), restart: false, ...options };
  const sender = new FactsSender(given, { deadline_ms, pause_ms: 5 }, (text) => void said.push(text));
  return importCdnow(file, given, {
    sender,
    show: () => ({ advance: () => undefined, stop: () => undefined }),
    say: (text) => void said.push(text),
  });
};

test('a file is sent in batches of 500', async () => {
  expect(await send(await fileOf(1201))).toMatchObject({ accepted: 1201, duplicate: 0, rejected: 0 });
  expect(batches.map((ids) => ids.length).toSorted((a, b) => a - b)).toEqual([201, 500, 500]);
});

test('a malformed line is named before the first batch', async () => {
  await expect(send(await fileOf(600, 'rubbish\n'))).rejects.toThrow(/line 601: expected five columns/);
  expect(batches).toEqual([]);
});

test('a missing file is named', async () => {
  await expect(send(join(folder, 'none.txt'))).rejects.toThrow(/none\.txt cannot be read/);
  await expect(send(folder)).rejects.toThrow(/cannot be read/);
});

describe('when the service is busy', () => {
  test('a batch is retried', async () => {
    let calls = 0;
    answer = (ids) => ((calls += 1) < 3 ? 503 : accepted(ids));
    expect(await send(await fileOf(3))).toMatchObject({ accepted: 3 });
    expect(batches).toHaveLength(3);
  });

  test('only the postponed facts are retried', async () => {
    answer = (ids) =>
      ids.map((id) => (ids.length === 3 && id.includes('00002') ? rejected(id, 429) : { id, status: 'accepted' }));
    expect(await send(await fileOf(3))).toMatchObject({ accepted: 3, rejected: 0 });
    expect(batches[1]).toEqual(['cdnow-00002-19970101-1']);
  });

  test('the import says so, and gives up at the deadline', async () => {
    answer = () => 429;
    await expect(send(await fileOf(3), {}, 1_000)).rejects.toThrow(/does not accept the facts: HTTP 429/);
    expect(said).toEqual([expect.stringMatching(/does not accept the facts \(HTTP 429\), retrying/)]);
  });

  test('the import waits as long as the service asks', async () => {
    let first_ms = 0;
    answer = (ids) => (first_ms > 0 ? accepted(ids) : ((first_ms = Date.now()), 503));
    retryAfter_s = 1;
    await send(await fileOf(3), {}, 5_000);
    expect(Date.now() - first_ms).toBeGreaterThanOrEqual(990);
  });

  test('an HTML page instead of an answer is named', async () => {
    answer = () => 200;
    await expect(send(await fileOf(3))).rejects.toThrow(/is this a ledger/);
  });

  test('the import gives up at once on a permanent error', async () => {
    answer = () => 401;
    await expect(send(await fileOf(3))).rejects.toThrow(/answers 401/);
    expect(batches).toHaveLength(1);
  });
});

describe('resumption', () => {
  test('answered lines are not sent again', async () => {
    const file = await fileOf(700);
    await send(file);
    batches = [];
    expect(said).toEqual([]);
    expect(await send(file)).toMatchObject({ accepted: 0 });
    expect(batches).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/^700 of 700 lines were answered before/)]);
    await send(file, { restart: true });
    expect(batches.flat()).toHaveLength(700);
  });

  test('it continues behind the unbroken run of answers', async () => {
    const file = await fileOf(2000);
    answer = (ids) => (ids.includes('cdnow-00501-19970101-1') ? 400 : accepted(ids));
    await expect(send(file)).rejects.toThrow(/answers 400/);
    answer = accepted;
    batches = [];
    await send(file);
    const sent = batches.flat().toSorted();
    expect(sent[0]).toBe('cdnow-00501-19970101-1');
    expect(sent).toHaveLength(1500);
  });

  test('rejected lines are sent again', async () => {
    const file = await fileOf(3);
    answer = (ids) => ids.map((id) => rejected(id, 400));
    expect(await send(file)).toMatchObject({ rejected: 3, rejections: [{ reason: 'No' }, {}, {}] });
    answer = accepted;
    expect(await send(file)).toMatchObject({ accepted: 3 });
  });

  test('another file or another service starts from the top', async () => {
    const file = await fileOf(3);
    await send(file);
    batches = [];
    await send(await fileOf(4));
    expect(batches.flat()).toHaveLength(4);
    batches = [];
    await send(file, { url: `${url}/ledger` });
    expect(batches.flat()).toHaveLength(4);
  });

  test('lines of the same day keep their number after an interruption', async () => {
    const line = ' 00501 0001 19970101  1   10.00\n';
    const file = await fileOf(500, line + line);
    answer = (ids) => (ids.length < 500 ? 400 : accepted(ids));
    await expect(send(file)).rejects.toThrow();
    answer = accepted;
    batches = [];
    await send(file);
    expect(batches.flat()).toEqual(['cdnow-00501-19970101-1', 'cdnow-00501-19970101-2']);
  });
});
