import type { ProfileFact as Profile } from '#customer';
import { IsInstant } from '../decorators.js';
import { CustomerBody } from '../dto/customer.js';
import { NeedsOneOf } from '../field.js';

/** A customer as another service knows it; `created_at` and a new `id` serve migrations. */
@NeedsOneOf('id', 'source_id')
export class ProfileFact extends CustomerBody implements Omit<Profile, 'created'> {
  @IsInstant({ nullish: true }) created_at?: string;
}
