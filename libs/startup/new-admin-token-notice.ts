/** How a token that was made just now is told, this once. */
export const newAdminTokenNotice = (token: string): string[] =>
  ['Admin token (shown this once, only its digest is kept):', '', `  export KEYTRAIL_TOKEN=${token}`];
