import { type GiftCreditsFact, recordGiftCredits } from '#customer';
import { CustomerCommand, decides } from './customer-command.js';

export class RecordGiftCredits extends CustomerCommand<GiftCreditsFact> {}

export const giftCommands = [decides(RecordGiftCredits, recordGiftCredits)];
