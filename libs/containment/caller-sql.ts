/** The network of an address, as callers are told apart: behind one, machines come and go. Expects a String column `address`. */
export const NETWORK = `multiIf(
  isIPv4String(address), concat(toString(tupleElement(IPv4CIDRToRange(toIPv4OrDefault(address), 24), 1)), '/24'),
  isIPv6String(address), concat(toString(tupleElement(IPv6CIDRToRange(toIPv6OrDefault(address), 48), 1)), '/48'),
  address)`;

/** A question that costs more than this is not answered: responders look at these pages when things are on fire. */
export const BOUNDED = 'SETTINGS max_execution_time = 10';

/** Narrows a query to workspaces; null = all. */
export const within = (workspaces: readonly string[] | null): string => (workspaces === null ? '' : 'workspace_id IN {workspaces:Array(String)} AND ');

export const boundTo = (workspaces: readonly string[] | null): { workspaces?: readonly string[] } => (workspaces === null ? {} : { workspaces });
