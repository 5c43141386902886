import type { CloudEvent } from '../cloud-event.js';
import { Person } from './person.js';
import { Random } from './random.js';
import * as stories from './stories.js';

const REPEATED_SHARE = 0.1;
const YEAR_MS = 365 * 24 * 3_600_000;

export interface History {
  /** Shuffled, with about one duplicate in ten, as real senders deliver them. */
  readonly facts: readonly CloudEvent[];
  /** The customer with the richest history: the source id, and a day in the middle of it. */
  readonly richest: { readonly source_id: string; readonly day: string };
}

/** Invents the lives of customers; the same seed and start give the same facts. */
export function historyOf({ customers, seed, from_ms }: { customers: number; seed: number; from_ms: number }): History {
  const random = new Random(seed);
  const persons = Array.from({ length: customers }, (_, i) => live(i + 1, random, from_ms));
  const facts = persons.flatMap((person) => person.facts);
  const repeated = facts.filter(() => random.chance(REPEATED_SHARE));
  const richest = persons.reduce((best, person) => (person.facts.length > best.facts.length ? person : best));
  const { source_id, middle: day } = richest;
  return { facts: random.shuffle([...facts, ...repeated]), richest: { source_id, day } };
}

function live(number: number, random: Random, from_ms: number): Person {
  const person = new Person(number, random, from_ms + Math.floor((random.next() * YEAR_MS) / 4));
  stories.profile(person);
  for (const story of random.shuffle(LIFE)) story(person);
  return person;
}

const LIFE = [
  stories.orders,
  stories.loyalty,
  stories.redemptions,
  stories.validations,
  stories.publications,
  stories.consents,
  stories.gifts,
  stories.referral,
  stories.customEvents,
];
