import { Injectable } from '@nestjs/common';

/** The only source of the present time; tests replace it. */
@Injectable()
export class Clock {
  /** Now, as an ISO instant with milliseconds. */
  now(): string {
    return new Date().toISOString();
  }
}
