/** What proves who we are to a registry. */
export type Credential = (
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string; readonly username?: string }
) & {
  /** Where it was found, for messages: never a secret. */
  readonly origin: string;
};
