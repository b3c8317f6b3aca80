import { kindRules } from '../kinds.js';
import type { KeyFacts, Policy } from './policy.js';

/** The name a key has unless another is asked for. */
export const usualName = ({ service, environment }: Pick<KeyFacts, 'service' | 'environment'>): string => `${service}-${environment}`;

export const keyName: Policy = {
  id: 'key-name', title: 'Name does not say what it is',
  why: 'Whoever meets a key in a configuration must see of which service and environment it is, before it is used in another.',
  judge(key) {
    const usual = usualName(key);
    // More may follow: keys of one service tell themselves apart.
    if (key.name === usual || key.name.startsWith(`${usual}-`)) return 'kept';
    return {
      severity: 'warn', since: null, due_at: null,
      summary: `The ${kindRules[key.kind].noun} ${key.name} is of the service ${key.service} in ${key.environment}; its name does not begin with ${usual}.`,
    };
  },
};
