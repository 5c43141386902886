/** Something the person at the keyboard can act on: its message is all they see. */
export class Complaint extends Error {}
