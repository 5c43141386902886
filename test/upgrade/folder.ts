import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Answers } from './answers.js';

/** The data folder that version 0.1.0 left, and what it answered. */
export const GOLDEN = resolve('test/upgrade/golden/0.1.0');
const PACKED = '.gz';
const LEVEL = 9;

/** The settings that the folder was made with; it can be opened with the same master key only. */
export const SETTINGS = {
  LEDGER_MASTER_KEY: Buffer.from('golden folder of version 0.1.0 !').toString('base64'),
  WEBHOOKS_ALLOW_PRIVATE: 'true',
  CLIENT_KEYS: 'golden-client:golden-token',
  CLIENT_ORIGINS: 'https://shop.example',
} as const;

/** Puts the databases of a stopped service beside the answers. */
export async function pack(directory: string): Promise<void> {
  await mkdir(GOLDEN, { recursive: true });
  for (const name of (await readdir(directory)).filter((file) => file.endsWith('.db')))
    await writeFile(join(GOLDEN, name + PACKED), gzipSync(await readFile(join(directory, name)), { level: LEVEL }));
}

/** Makes a data folder of it that a service can be started on. */
export async function unpack(directory: string): Promise<void> {
  const names = (await readdir(GOLDEN)).filter((name) => name.endsWith(`.db${PACKED}`));
  for (const name of names)
    await writeFile(join(directory, name.slice(0, -PACKED.length)), gunzipSync(await readFile(join(GOLDEN, name))));
}

const ANSWERS = join(GOLDEN, `answers.json${PACKED}`);

export const saveAnswers = (answers: Answers): Promise<void> =>
  writeFile(ANSWERS, gzipSync(`${JSON.stringify(answers, null, 1)}\n`, { level: LEVEL }));

export const goldenAnswers = async (): Promise<Answers> =>
  JSON.parse(gunzipSync(await readFile(ANSWERS)).toString()) as Answers;
