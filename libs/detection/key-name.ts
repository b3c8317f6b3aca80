/** A key of a workspace. */
export interface KeyName {
  workspace_id: string;
  key_id: string;
}

export const nameOf = ({ workspace_id, key_id }: KeyName): string => `${workspace_id} ${key_id}`;
