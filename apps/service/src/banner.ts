import type { Secrets } from './secrets.js';

/** The text on standard output after the start: the address, and at the first start the key and an example. */
export function banner(url: string, { generated, master_key_file }: Secrets): string {
  const lines = [`Customer Ledger listens on ${url}`];
  if (master_key_file !== undefined)
    lines.push(`Master key: ${master_key_file} (keep a copy elsewhere: personal data cannot be read without it)`);
  if (generated !== undefined)
    lines.push('', `API key (shown once): ${generated}`, '', 'Try it:', ...firstCall(url, generated));
  return `${lines.join('\n')}\n`;
}

function firstCall(url: string, key: string): string[] {
  return [
    `  curl -s -u '${key}' ${url}/v1/customers -H 'content-type: application/json' -d '{"source_id":"ada","name":"Ada","metadata":{"lang":"en"}}'`,
    `  open ${url}/docs (the key's two halves are user and password)`,
  ];
}
