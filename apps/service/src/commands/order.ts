import { type OrderFact, recordOrder } from '#customer';
import { CustomerCommand, decides } from './customer-command.js';

export class RecordOrder extends CustomerCommand<OrderFact> {}

export const orderCommands = [decides(RecordOrder, recordOrder)];
