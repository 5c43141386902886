import type { Fact, UnreadableFact } from '#contract';

/** The outcome of a fact; a throw means that a retry may succeed. */
export type FactVerdict =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'refused';
      readonly error_class: string;
      /** In the contract's words: the dead letter keeps it. */
      readonly message: string;
    };

export type FactHandler = (
  fact: Fact | UnreadableFact,
  context: { readonly partition: number; readonly offset: string },
) => Promise<FactVerdict>;
