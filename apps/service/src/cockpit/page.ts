import { html, Html } from '../http/html.js';
import type { Account, CampaignLine, ConsentLine } from './account.js';
import type { Figures } from './figures.js';
import { STYLE } from './style.js';

/** Messages after a form, by the notice in the address. */
const NOTICES = {
  saved: 'Your choice was saved.',
  late: 'This page was open for too long, so nothing was changed. Please choose again.',
  reworded: 'The text of this consent has changed. Nothing was changed: please read it again before you choose.',
} as const;

export type Notice = keyof typeof NOTICES;

export interface Shown {
  readonly figures: Figures;
  /** The token of every form on the page. */
  readonly form: string;
  readonly notice: unknown;
}

/** The customer's own page: HTML without scripts. */
export function accountPage(account: Account, { figures, form, notice }: Shown): string {
  const said = isNotice(notice) && NOTICES[notice];
  return frame(
    'Your account',
    html`<a class="skip" href="#content">Skip to the content</a>
      <header>
        <h1>Hello${account.name !== undefined && html`, <bdi>${account.name}</bdi>`}</h1>
        <p>This is what we know about you, and what you can decide.</p>
        ${said && html`<p class="notice ${notice === 'saved' && 'good'}" id="notice" role="status" tabindex="-1">${said}</p>`}
      </header>
      <main id="content" tabindex="-1">
        ${overview(account, figures)}
        <div class="columns">
          ${campaigns(account, figures)}
          <div>${consents(account, figures, form)} ${details(account, figures)} ${referrals(account, figures)}</div>
          ${orders(account, figures)}
        </div>
      </main>
      <footer><p>This page is for you alone: anyone with its address can see it. Days are in UTC.</p></footer>`,
  );
}

/** A page with a title and one message. */
export const plainPage = (title: string, text: string): string =>
  frame(
    title,
    html`<main class="alone">
      <h1>${title}</h1>
      <p>${text}</p>
    </main>`,
  );

const isNotice = (text: unknown): text is Notice => typeof text === 'string' && Object.hasOwn(NOTICES, text);

const frame = (title: string, body: Html): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        ${body}
      </body>
    </html>`.text;

function overview({ points, points_to_go, gift_credit, orders_count }: Account, figures: Figures): Html {
  const all: readonly (readonly [string, string])[] = [
    ['Points to spend', figures.count(points_to_go)],
    ['Points collected', figures.count(points)],
    ['Gift card credit', figures.amount(gift_credit)],
    ['Orders', figures.count(orders_count)],
  ];
  return html`<dl class="figures" aria-label="At a glance">
    ${all.map(
      ([label, value]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

const section = (id: string, title: string, content: Html): Html =>
  html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${content}
  </section>`;

const nothing = (text: string): Html => html`<p>${text}</p>`;

const campaigns = ({ campaigns: all }: Account, figures: Figures): Html =>
  section(
    'points',
    'Your points',
    all.length === 0
      ? nothing('You have not collected points yet.')
      : html`<table>
          <thead>
            <tr>
              <th scope="col">Campaign</th>
              <th scope="col" class="number">Points</th>
            </tr>
          </thead>
          <tbody>
            ${all.map((one) => campaign(one, figures))}
          </tbody>
        </table>`,
  );

function campaign({ name, points, tier, referred_customers: friends }: CampaignLine, figures: Figures): Html {
  return html`<tr>
    <th scope="row">
      <bdi>${name}</bdi>
      ${tier !== undefined && html`<span class="under">Tier: <bdi>${tier}</bdi></span>`}
      ${friends > 0 && html`<span class="under">${figures.count(friends)} referred</span>`}
    </th>
    <td class="number">${figures.count(points)}</td>
  </tr>`;
}

const orders = ({ orders: latest, orders_count }: Account, figures: Figures): Html =>
  section(
    'orders',
    orders_count > latest.length ? `Your latest ${latest.length} orders` : 'Your orders',
    latest.length === 0
      ? nothing('You have not ordered anything yet.')
      : html`<table>
          <thead>
            <tr>
              <th scope="col">Order</th>
              <th scope="col">Status</th>
              <th scope="col" class="number">Amount</th>
            </tr>
          </thead>
          <tbody>
            ${latest.map(
              ({ source_id, created_at, status, amount }) =>
                html`<tr${status === 'CANCELED' && new Html(' class="over"')}>
                  <th scope="row">
                    ${day(created_at, figures)}${source_id !== undefined && html`<span class="under"><bdi>${source_id}</bdi></span>`}
                  </th>
                  <td class="status">${capitalized(status)}</td>
                  <td class="number">${amount === null ? '–' : html`<bdi>${figures.amount(amount)}</bdi>`}</td>
                </tr>`,
            )}
          </tbody>
        </table>`,
  );

function details({ name, email, phone, birthdate, address }: Account, figures: Figures): Html {
  const rows: readonly (readonly [string, string | Html | undefined])[] = [
    ['Name', name],
    ['Email', email],
    ['Phone', phone],
    ['Birthday', birthdate === undefined ? undefined : day(birthdate, figures)],
    ['Address', address],
  ];
  const told = rows.filter(([, value]) => value !== undefined && value !== '');
  return section(
    'details',
    'Your details',
    told.length === 0
      ? nothing('You have not told us anything about you.')
      : html`<dl class="details">
          ${told.map(
            ([label, value]) =>
              html`<dt>${label}</dt>
                <dd><bdi>${value}</bdi></dd>`,
          )}
        </dl>`,
  );
}

function referrals({ referrals: all, referred_customers: friends }: Account, figures: Figures): Html {
  const brought =
    friends === 1 ? 'You have referred one person.' : `You have referred ${figures.count(friends)} people.`;
  return section(
    'referrals',
    'Referrals',
    html`<p>${friends === 0 ? 'You have not referred anyone yet.' : brought}</p>
      ${
        all.length > 0 &&
        html`<p>You were referred in these campaigns:</p>
          <ul>
            ${all.map(({ campaign: name, date }) => html`<li><bdi>${name}</bdi> <span class="under">${day(date, figures)}</span></li>`)}
          </ul>`
      }`,
  );
}

const consents = ({ consents: all }: Account, figures: Figures, form: string): Html =>
  section(
    'consents',
    'Your consents',
    all.length === 0
      ? nothing('There is nothing to consent to.')
      : html`<ul>
          ${all.map((one) => html`<li class="consent">${consent(one, figures)} ${choice(one, form)}</li>`)}
        </ul>`,
  );

const consent = ({ name, description, isGiven, date }: ConsentLine, figures: Figures): Html =>
  html`<div>
    <h3><bdi>${name}</bdi></h3>
    ${description !== '' && html`<p><bdi>${description}</bdi></p>`}
    <p>
      ${isGiven ? html`<span class="given">Given</span>` : 'Not given'}${date !== undefined && html`, ${day(date, figures)}`}
    </p>
  </div>`;

/**
 * Both choices look alike, so that the page favours neither. The form has no address: it goes to that of its page, also
 * behind proxies.
 */
const choice = ({ id, name, version, isGiven }: ConsentLine, form: string): Html =>
  html`<form method="post">
    <input type="hidden" name="form" value="${form}" />
    <input type="hidden" name="consent" value="${id}" />
    <input type="hidden" name="wording" value="${version}" />
    <button name="given" value="${String(!isGiven)}">
      ${isGiven ? 'Withdraw' : 'Give consent'} <span class="unseen">${isGiven ? name : `to ${name}`}</span>
    </button>
  </form>`;

/** A day with `dir="auto"` and the locale, because digits alone do not show the direction. */
const day = (instant: string, figures: Figures): Html =>
  html`<time dir="auto" datetime="${instant}" lang="${figures.locale}">${figures.day(instant)}</time>`;

const capitalized = (word: string): string => word.charAt(0) + word.slice(1).toLowerCase().replaceAll('_', ' ');
