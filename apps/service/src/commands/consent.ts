import { changeConsents, type ConsentChanges, type ConsentFact, recordConsents } from '#customer';
import { CustomerCommand, decides } from './customer-command.js';

export class ChangeConsents extends CustomerCommand<ConsentChanges> {}
export class RecordConsents extends CustomerCommand<ConsentFact> {}

export const consentCommands = [decides(ChangeConsents, changeConsents), decides(RecordConsents, recordConsents)];
