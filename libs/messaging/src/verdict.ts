import type { Fact, UnreadableFact } from '#contract';

/** What became of a fact; a throw means that it may go better later. */
export type Verdict =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'refused';
      readonly error_class: string;
      /** In the contract's words: it is written beside the record in the dead letter topic. */
      readonly message: string;
    };

export type FactHandler = (
  fact: Fact | UnreadableFact,
  context: { readonly partition: number; readonly offset: string },
) => Promise<Verdict>;
