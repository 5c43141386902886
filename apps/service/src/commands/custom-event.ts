import { type CustomEventFact, recordCustomEvent } from '#customer';
import { CustomerCommand, decides } from './customer-command.js';

export class RecordCustomEvent extends CustomerCommand<CustomEventFact> {}

export const customEventCommands = [decides(RecordCustomEvent, recordCustomEvent)];
