/** The one login of registries that ask for a password. */
export const soakLogin = { username: 'soak', password: 'soak-s3cret' } as const;
