/** An error that the user can act on; only its message is printed. */
export class Complaint extends Error {}
