/** Said wherever somebody is about to revoke. */
export const undo = {
  possible: false,
  explanation: 'A revocation cannot be undone: the old key never works again. Who needs access gets a new key. An overlap can be cancelled while both keys live.',
} as const;
