/** What setup cannot mend: the message says exactly what is missing, and what to do. */
export class SetupError extends Error {}
