import { createCustomer, type ProfileFact, type ProfileInput, recordProfile, updateCustomer } from '#customer';
import { CustomerCommand, decides } from './customer-command.js';

export class CreateCustomer extends CustomerCommand<ProfileInput> {}
export class UpdateCustomer extends CustomerCommand<ProfileInput> {}
export class RecordProfile extends CustomerCommand<ProfileFact> {}

export const profileCommands = [
  decides(CreateCustomer, createCustomer),
  decides(UpdateCustomer, updateCustomer),
  decides(RecordProfile, recordProfile),
];
