/** Something the user should know that does not stop the job. Collected, shown, and part of every `--json` result. */
export interface Warning {
  /** Stable SCREAMING_SNAKE code, for scripts. */
  readonly code: string;
  /** One sentence: what, where (profile, pack, line), and what to do. */
  readonly message: string;
}
