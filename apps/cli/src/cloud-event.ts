import type { FactType } from '#contract';

/** A fact for `POST /v1/facts`. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: FactType;
  readonly time: string;
  readonly data: object;
}
