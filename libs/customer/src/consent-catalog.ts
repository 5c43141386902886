import { type EventOf, Rejection } from './fold.js';
import { type Instant, shown as milliseconds } from './instant.js';
import { inOrder, type Keyed, own, put } from './keyed.js';

/* The definitions of consents, in a stream of their own, so that the wording of each given consent is never lost. */

// 1. Events

interface Wording {
  readonly name: string;
  readonly description: string;
}

export interface ConsentInput extends Wording {
  readonly category: string;
}

export interface ConsentGroupInput extends Wording {
  /** Ids of consents. */
  readonly consents: readonly string[];
}

interface Named {
  readonly id: string;
}

export type ConsentCatalogEvent =
  | EventOf<'ConsentDefined', Named & ConsentInput>
  | EventOf<'ConsentWithdrawn', Named>
  | EventOf<'ConsentGroupDefined', Named & ConsentGroupInput>
  | EventOf<'ConsentGroupWithdrawn', Named>;

// 2. State

interface Definition {
  /** Counts the wordings, from 1; continues when a withdrawn consent is defined again. */
  readonly version: number;
  readonly created_at: Instant;
  readonly updated_at?: Instant;
  readonly isWithdrawn: boolean;
}

export interface ConsentCatalog {
  readonly consents: Keyed<Definition & ConsentInput>;
  readonly groups: Keyed<Definition & ConsentGroupInput>;
}

const initial: ConsentCatalog = { consents: {}, groups: {} };

// 3. Fold

function evolve(catalog: ConsentCatalog, { type, data, occurred_at }: ConsentCatalogEvent): ConsentCatalog {
  const at = milliseconds(occurred_at);
  const { consents, groups } = catalog;
  switch (type) {
    case 'ConsentDefined':
      return { consents: put(consents, data.id, defined(own(consents, data.id), data, at)), groups };
    case 'ConsentWithdrawn':
      return { consents: withdrawn(consents, data.id), groups };
    case 'ConsentGroupDefined':
      return { consents, groups: put(groups, data.id, defined(own(groups, data.id), data, at)) };
    case 'ConsentGroupWithdrawn':
      return { consents, groups: withdrawn(groups, data.id) };
  }
}

/** A changed name or description is a new wording. */
function defined<Input extends Wording>(
  before: (Definition & Input) | undefined,
  { id: _, ...input }: Named & Input,
  at: Instant,
): Definition & Omit<Input, 'id'> {
  if (!before) return { ...input, version: 1, created_at: at, isWithdrawn: false };
  const isReworded = before.name !== input.name || before.description !== input.description || before.isWithdrawn;
  return {
    ...input,
    version: before.version + (isReworded ? 1 : 0),
    created_at: before.created_at,
    updated_at: at,
    isWithdrawn: false,
  };
}

function withdrawn<One extends Definition>(all: Keyed<One>, id: string): Keyed<One> {
  const one = own(all, id);
  return one ? put(all, id, { ...one, isWithdrawn: true }) : all;
}

export const consentCatalog = { initial, evolve };
export const CONSENTS_STREAM = 'consents';
export const consentCatalogTypes = [
  'ConsentDefined',
  'ConsentWithdrawn',
  'ConsentGroupDefined',
  'ConsentGroupWithdrawn',
];

// 4. Rules

type Decided = readonly ConsentCatalogEvent[] | Rejection;
const unknown = (resource: string, id: string): Rejection => new Rejection('not_found', { resource, id });
const known = (resource: string, id: string): Rejection => new Rejection('duplicate_found', { resource, id });

export function defineConsent(catalog: ConsentCatalog, id: string, input: ConsentInput, at: Instant): Decided {
  if (offered(catalog.consents, id)) return known('consent', id);
  return [{ type: 'ConsentDefined', occurred_at: at, data: { id, ...input } }];
}

/** Absent fields stay. */
export function reviseConsent(
  { consents }: ConsentCatalog,
  id: string,
  input: Partial<ConsentInput>,
  at: Instant,
): Decided {
  const before = offered(consents, id);
  if (!before) return unknown('consent', id);
  const { name, description, category } = { ...before, ...input };
  const isSame = name === before.name && description === before.description && category === before.category;
  return isSame ? [] : [{ type: 'ConsentDefined', occurred_at: at, data: { id, name, description, category } }];
}

export function withdrawConsent({ consents }: ConsentCatalog, id: string, at: Instant): Decided {
  return offered(consents, id) ? [{ type: 'ConsentWithdrawn', occurred_at: at, data: { id } }] : unknown('consent', id);
}

export function defineConsentGroup(
  catalog: ConsentCatalog,
  id: string,
  input: ConsentGroupInput,
  at: Instant,
): Decided {
  if (offered(catalog.groups, id)) return known('consent_group', id);
  return grouped(catalog, id, input, at);
}

export function reviseConsentGroup(
  catalog: ConsentCatalog,
  id: string,
  input: Partial<ConsentGroupInput>,
  at: Instant,
): Decided {
  const before = offered(catalog.groups, id);
  if (!before) return unknown('consent_group', id);
  const { name, description } = { ...before, ...input };
  const consents = input.consents ?? before.consents.filter((one) => offered(catalog.consents, one));
  const isSame =
    name === before.name && description === before.description && consents.join('\n') === before.consents.join('\n');
  return isSame ? [] : grouped(catalog, id, { name, description, consents }, at);
}

export function withdrawConsentGroup({ groups }: ConsentCatalog, id: string, at: Instant): Decided {
  if (!offered(groups, id)) return unknown('consent_group', id);
  return [{ type: 'ConsentGroupWithdrawn', occurred_at: at, data: { id } }];
}

function grouped(catalog: ConsentCatalog, id: string, input: ConsentGroupInput, at: Instant): Decided {
  const missing = input.consents.find((one) => !offered(catalog.consents, one));
  if (missing !== undefined) return unknown('consent', missing);
  return [
    { type: 'ConsentGroupDefined', occurred_at: at, data: { id, ...input, consents: [...new Set(input.consents)] } },
  ];
}

function offered<One extends Definition>(all: Keyed<One>, id: string): One | undefined {
  const one = own(all, id);
  return one?.isWithdrawn === false ? one : undefined;
}

/** The current wording of each of these consents, without those that are not offered. */
export function wordingsOf({ consents }: ConsentCatalog, ids: readonly string[]): Keyed<number> {
  return Object.fromEntries(
    ids.flatMap((id) => {
      const version = offered(consents, id)?.version;
      return version === undefined ? [] : [[id, version]];
    }),
  );
}

// 5. Rendering (contract 5.5), oldest first

export function consentObject(catalog: ConsentCatalog, id: string): object | undefined {
  const one = offered(catalog.consents, id);
  return one && { ...shown(id, one), category: one.category, object: 'consent' };
}

export function consentGroupObject(catalog: ConsentCatalog, id: string): object | undefined {
  const one = offered(catalog.groups, id);
  if (!one) return undefined;
  const consents = one.consents.filter((consent) => offered(catalog.consents, consent));
  return { ...shown(id, one), consents, object: 'consent_group' };
}

function shown(id: string, { name, description, version, created_at, updated_at }: Definition & Wording): object {
  return { id, name, description, version, created_at, ...(updated_at !== undefined && { updated_at }) };
}

export function consentLists(catalog: ConsentCatalog): { readonly groups: object; readonly consents: object } {
  const objects = <One extends Definition>(all: Keyed<One>, render: (id: string) => object | undefined): object[] =>
    inOrder(all)
      .sort(([, a], [, b]) => (a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : 0))
      .flatMap(([id]) => render(id) ?? []);
  return {
    groups: list(objects(catalog.groups, (id) => consentGroupObject(catalog, id))),
    consents: list(objects(catalog.consents, (id) => consentObject(catalog, id))),
  };
}

const list = (data: readonly object[]): object => ({ object: 'list', total: data.length, data_ref: 'data', data });
