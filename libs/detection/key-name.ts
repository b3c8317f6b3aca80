/** A key of a workspace. */
export interface KeyName {
  workspace_id: string;
  key_id: string;
  /** As `nameOf` makes it, where it was made before: in the steps of detection a key is looked up again and again. */
  name?: string;
}

export const nameOf = ({ workspace_id, key_id, name }: KeyName): string => name ?? `${workspace_id} ${key_id}`;
