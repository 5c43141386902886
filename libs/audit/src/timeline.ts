import { hash } from 'node:crypto';
import { blank, comparison, customer, type Difference, type Path } from '#customer';
import { escaped } from '#encoding';
import { type Envelope, envelopeOf } from '#event-store';
import { type Bundle, bundleJson, type BundledEvent, type BundleHeader, openedEvent } from './bundle.js';
import { documentOf } from './history.js';
import { items, shown, type Text, time, words } from './html.js';
import { STYLE } from './timeline-style.js';

/**
 * The version of the page: the bundle determines the page byte by byte, so that verification finds a page that differs
 * from its events. Any change of its contents needs a new version.
 */
export const PAGE_VERSION = 3;

export const pageMark = (version: number): string => `<meta name="ledger-page" content="${version}">`;

/** The delimiters of the machine-readable part. They are unique in a page, because every `<` is escaped. */
export const JSON_BEGIN = '<script type="application/json" id="ledger-bundle">';
export const JSON_END = '</script>';

const STYLE_HASH = Buffer.from(hash('sha256', STYLE, 'hex'), 'hex').toString('base64');
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

/** The bundle as one readable page without external requests, with the machine-readable part inside. */
export async function* timelinePage(bundle: Bundle): AsyncGenerator<Text> {
  const { header } = bundle;
  yield head(header) + titleBlock(header) + summary(header) + advice(header);
  yield '<section aria-labelledby="timeline"><h2 id="timeline">Timeline</h2><ol class="timeline">\n';
  const tracker = new ChangeTracker(header.customer_id);
  for await (const event of bundle.events()) yield entry(event, tracker.changes(event));
  yield `</ol></section></main>\n${JSON_BEGIN}`;
  for await (const piece of bundleJson(bundle)) yield inScript(piece);
  yield `${JSON_END}\n</body></html>\n`;
}

/** Escapes the end of the script, comments, and line breaks of older parsers. */
const inScript = (json: string): Text =>
  json.replace(/[<\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);

const head = ({ customer_id }: BundleHeader): Text =>
  '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">' +
  `<meta http-equiv="Content-Security-Policy" content="${escaped(POLICY)}">` +
  pageMark(PAGE_VERSION) +
  '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">' +
  `<title>${escaped(customer_id)}: audit bundle</title><style>${STYLE}</style></head>\n<body><main>`;

function titleBlock({ customer_id, status, made_at, store, head: end, document }: BundleHeader): Text {
  const name = typeof document?.['name'] === 'string' ? document['name'] : customer_id;
  return (
    `<header><p class="kicker">Customer Ledger · audit bundle</p><h1><bdi>${escaped(name)}</bdi> ` +
    `<span class="status ${escaped(status)}">${escaped(status)}</span></h1>` +
    items('facts', [
      ['Customer', `<code>${escaped(customer_id)}</code>`],
      ['Events', String(end.revision + 1)],
      ['Made', time(made_at)],
      ['Event store', `<code>${escaped(store)}</code>`],
      ['End of the chain', `revision ${end.revision}, <code>${escaped(end.hash)}</code>`],
    ]) +
    '</header>\n'
  );
}

const FIGURES: readonly (readonly [label: string, ...keys: string[]])[] = [
  ['Orders', 'summary', 'orders', 'total_count'],
  ['Order amount', 'summary', 'orders', 'total_amount'],
  ['Average order', 'summary', 'orders', 'average_amount'],
  ['Redemptions', 'summary', 'redemptions', 'total_succeeded'],
  ['Gift credit left', 'summary', 'redemptions', 'gift', 'amount_to_go'],
  ['Loyalty points', 'loyalty', 'points'],
  ['Points to go', 'summary', 'redemptions', 'loyalty_card', 'points_to_go'],
  ['Referrals', 'loyalty', 'referred_customers'],
];
const PERSON = ['source_id', 'email', 'phone', 'birthdate', 'created_at', 'updated_at'];

function summary({ document, status }: BundleHeader): Text {
  if (document === null) return `<section><p class="gone">${GONE[status]}</p></section>\n`;
  const figures = FIGURES.flatMap(([label, ...keys]) => {
    const value = at(document, keys);
    return typeof value === 'number' ? [[label, String(value)] as const] : [];
  });
  const person = PERSON.flatMap((key) =>
    document[key] === undefined ? [] : [[words(key), shown(document[key])] as const],
  );
  return (
    '<section aria-labelledby="now"><h2 id="now">After the last event</h2>' +
    items('figures', figures) +
    (person.length === 0 ? '' : items('facts', person)) +
    '<p class="note">Amounts are in minor units, as recorded.</p>' +
    `${folded('The whole document', document)}</section>\n`
  );
}

const GONE: Readonly<Record<BundleHeader['status'], Text>> = {
  active: 'There is no document.',
  unknown: 'This customer is not created yet, so there is no document.',
  deleted: 'This customer is deleted: there is no document any more. The history stays.',
  erased:
    'This customer is erased: the personal data are gone for good, here and everywhere. The rest proves that they existed.',
};

function at(value: unknown, keys: readonly string[]): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return at((value as Record<string, unknown>)[key], rest);
}

function advice({ keys }: BundleHeader): Text {
  const key = keys
    ? '<p class="warning">The customer’s data key is in this file. Anyone who has it can open the sealed data of this customer, ' +
      'also future ones. Protect the file like the key.</p>'
    : '';
  return (
    '<section aria-labelledby="check"><h2 id="check">Check it</h2><p><code>ledger verify FILE</code> recomputes the chain, the ' +
    'document and this page from the events inside, without a network. Only an anchor or the ledger itself can ' +
    `confirm the end of the chain.</p>${key}</section>\n`
  );
}

/** Folds the events and returns the changes that each made in the document. */
class ChangeTracker {
  private state = blank;
  private readonly compare = comparison(undefined);

  constructor(private readonly customerId: string) {}

  /** Undefined when the event ended the document. */
  changes(event: BundledEvent): readonly Difference[] | undefined {
    const before = this.state;
    this.state = customer.evolve(before, openedEvent(event));
    const found = this.compare(documentOf(this.customerId, this.state));
    if (before.status === 'active' && this.state.status !== 'active') return undefined;
    return found.filter((one) => !QUIET.has(one.path) && !isNothing(one));
  }
}

/** Paths that only repeat the entry. */
const QUIET: ReadonlySet<Path> = new Set(['/id', '/object', '/updated_at']);

/** An empty value that appears, or that is replaced. */
const isNothing = (one: Difference): boolean =>
  'from' in one ? !('to' in one) && isEmpty(one.from) : one.to === 0 || isEmpty(one.to);

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0);

function entry(event: BundledEvent, changes: readonly Difference[] | undefined): Text {
  const { revision, position, type, opened, erased } = event;
  const envelope = envelopeOf(event);
  const { recorded_at, occurred_at, hash: own } = envelope;
  return (
    `<li id="r${revision}"><article><h3><a href="#r${revision}" title="position ${escaped(position)}">${revision}</a> ${escaped(words(type))}</h3><p class="when">` +
    `recorded ${time(recorded_at)}${occurred_at === recorded_at ? '' : `, occurred ${time(occurred_at)}`}</p>` +
    `<p class="by">${saidBy(envelope)} · hash <code title="${escaped(own)}">${escaped(own.slice(0, 12))}</code></p>` +
    (erased ? '<p class="gone">The personal data are erased.</p>' : '') +
    changeTable(changes) +
    `${folded('Recorded data', opened)}</article></li>\n`
  );
}

function saidBy({ actor: { channel, key }, origin }: Envelope): Text {
  const by = `by ${shown(channel)}${key === undefined ? '' : ` with key ${shown(key)}`}`;
  if (origin === undefined) return by;
  const { source, id, sequence } = origin;
  return `${by} · fact ${shown(id)} of ${shown(source)}${sequence === undefined ? '' : ` in sequence ${shown(sequence)}`}`;
}

function changeTable(changes: readonly Difference[] | undefined): Text {
  if (changes === undefined) return '<p class="gone">This event ended the document.</p>';
  if (changes.length === 0) return '<p class="note">Nothing changed in the document.</p>';
  const rows = changes.map(
    (one) =>
      `<tr><th scope="row"><code>${placeOf(one.path)}</code></th><td>${'from' in one ? `<del>${shown(one.from)}</del>` : ''}</td>` +
      `<td>${'to' in one ? `<ins>${shown(one.to)}</ins>` : '<span class="note">removed</span>'}${growth(one)}</td></tr>`,
  );
  return (
    '<table><thead><tr><th scope="col">Changed</th><th scope="col">before</th><th scope="col">after</th></tr></thead>' +
    `<tbody>${rows.join('')}</tbody></table>`
  );
}

/** Allows line breaks at the slashes of a long path. */
const placeOf = (path: Path): Text => escaped(path).replace(/(?!^)\//g, '<wbr>/');

function growth({ from, to }: Difference): Text {
  if (typeof from !== 'number' || typeof to !== 'number') return '';
  return ` <span class="note">${to > from ? '+' : '−'}${Math.abs(to - from)}</span>`;
}

const folded = (title: string, value: object): Text =>
  `<details><summary>${title}</summary><pre>${escaped(JSON.stringify(value, null, 2))}</pre></details>`;
