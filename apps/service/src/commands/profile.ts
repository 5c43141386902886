import {
  createCustomer,
  importCustomer,
  type ProfileFact,
  type ProfileInput,
  recordProfile,
  updateCustomer,
  upsertCustomer,
} from '#customer';
import { CustomerCommand, decides } from './customer-command.js';

export class CreateCustomer extends CustomerCommand<ProfileInput> {}
export class UpdateCustomer extends CustomerCommand<ProfileInput> {}
export class UpsertCustomer extends CustomerCommand<ProfileInput> {}
export class ImportCustomer extends CustomerCommand<ProfileInput> {}
export class RecordProfile extends CustomerCommand<ProfileFact> {}

export const profileCommands = [
  decides(CreateCustomer, createCustomer),
  decides(UpdateCustomer, updateCustomer),
  decides(UpsertCustomer, upsertCustomer),
  decides(ImportCustomer, importCustomer),
  decides(RecordProfile, recordProfile),
];
