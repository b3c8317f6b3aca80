/** Of this very answer of the server: style elements without it are refused by the content policy. */
export const styleNonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
