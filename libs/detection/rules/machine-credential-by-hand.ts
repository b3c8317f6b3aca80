import type { Severity } from '@keytrail/contracts';
import type { CallerActivity, Rule } from '../types.js';
import { callersOf, distinct, isDenied, plural, requestsOf, spanOf } from './activity.js';
import { networkOf } from './network.js';
import { personTool, type PersonTool } from './person-tool.js';

export interface MachineCredentialByHandInput {
  workspace_id: string;
  key_id: string;
  activity: readonly CallerActivity[];
}

export interface MachineCredentialByHandSettings {
  /** Tools (as of `personTool`) that automation uses here as well, and that therefore say nothing. */
  allowed_tools: readonly string[];
  /** Networks (as of `networkOf`) of the automation, where scripts may call curl and its like. */
  automation_networks: readonly string[];
}

export const machineCredentialByHand: Rule<MachineCredentialByHandInput, MachineCredentialByHandSettings> = {
  id: 'machine-credential-by-hand',
  title: 'A machine\'s credential used with a person\'s tool',
  severity: 'high',
  fires: 'a service token or an instance role\'s key was used with a browser, an API client, the cloud console or a laptop\'s command line, from no network of the automation',
  why: 'Service tokens belong to automation, and a role\'s keys never leave their instance. In a browser, an API client or a laptop\'s command '
    + 'line they have been copied out.',
  response: 'Find out who holds the credential. For an instance\'s role, revoke its sessions and look at how the credentials were read '
    + 'from the instance; for a service token, revoke and replace it.',
  false_positives: 'Scripts of the automation that call curl, until the tool or the network is allowed in the settings.',
  attack: 'T1552.005 Unsecured Credentials: Cloud Instance Metadata API',
  fields: ['key_id', 'credential_kind or principal', 'user_agent'],
  incident: 'opens',
  settings: { allowed_tools: [], automation_networks: [] },
  decide(input, settings) {
    if (!input.activity.some((group) => machineOf(group) !== null)) return [];
    const uses = input.activity.flatMap((group) => {
      const machine = machineOf(group);
      const tool = machine === null ? null : personTool(group.user_agent);
      return machine === null || tool === null || settings.allowed_tools.includes(tool.tool)
        || (tool.scriptable && settings.automation_networks.includes(networkOf(group.address))) ? [] : [{ group, machine, tool }];
    });
    const groups = uses.map((use) => use.group);
    const span = spanOf(groups);
    if (span === null) return [];
    const requests = requestsOf(groups);
    const accepted = requestsOf(groups.filter((group) => !isDenied(group)));
    const callers = callersOf(groups);
    const machines = distinct(uses.map((use) => use.machine));
    const tools = distinct(uses.map((use) => nameOf(use.tool)));
    return [{
      rule_id: machineCredentialByHand.id,
      severity: uses.map(severityOf).reduce(worse),
      title: machineCredentialByHand.title,
      workspace_id: input.workspace_id,
      key_id: input.key_id,
      principal: distinct(groups.map((group) => group.principal))[0] ?? '',
      addresses: callers.addresses,
      ...span,
      summary: `${plural(requests, 'call')} with ${machines.join(' and ')} came from ${tools.slice(0, 3).join(', ')}`
        + `${callers.addresses.length > 0 ? ` at ${plural(callers.addresses.length, 'address')}` : ''}, ${accepted} of them not refused${atOddHours(groups) ? '; all at night or on a weekend' : ''}`,
      evidence: { ...callers, counts: { requests, not_refused: accepted, addresses: callers.addresses.length } },
      episode: input.key_id,
    }];
  },
};

/** By the clock of Greenwich: offices lie within a few hours of it or are told by their own settings. */
const atOddHours = (groups: readonly CallerActivity[]): boolean => groups.every(({ first_time }) => {
  const at = new Date(first_time);
  return at.getUTCDay() === 0 || at.getUTCDay() === 6 || at.getUTCHours() < 5 || at.getUTCHours() >= 21;
});

interface Use { group: CallerActivity; machine: string; tool: PersonTool }

const INSTANCE_ROLE = 'an instance role\'s key';

/**
 * Which machine the credential belongs to; null when it may be a person's. People assume roles too, with sessions named after them, so
 * only sessions that AWS names itself count: EC2 (`…/i-0317f6c6b66ae9c40`) and ECS (`…/<32 hex digits>`).
 */
function machineOf({ credential_kind, principal }: CallerActivity): string | null {
  if (credential_kind === 'service_token') return 'a service token';
  if (credential_kind !== 'role') return null;
  const session = /:assumed-role\/.+\/([^/]+)$/.exec(principal)?.[1] ?? '';
  return /^(?:i-[0-9a-f]{8,17}|[0-9a-f]{32})$/.test(session) ? INSTANCE_ROLE : null;
}

/**
 * An instance's keys are handed out inside the instance only, so on a desktop they are stolen: critical when they worked. A service
 * token in a browser is mostly a colleague in a hurry: high. curl and its like are as often a script of the automation: medium.
 */
function severityOf({ group, machine, tool }: Use): Severity {
  if (tool.scriptable) return 'medium';
  return machine === INSTANCE_ROLE && !isDenied(group) ? 'critical' : 'high';
}

const order: readonly Severity[] = ['low', 'medium', 'high', 'critical'];
const worse = (a: Severity, b: Severity): Severity => (order.indexOf(b) > order.indexOf(a) ? b : a);

const nameOf = ({ tool, os }: PersonTool): string => (os === undefined ? tool : `${tool} on ${os}`);
