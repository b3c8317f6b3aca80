import type { IncidentState, KeyState, Outcome, Severity } from '@keytrail/contracts';
import classes from './ui.module.css';

type Tone = 'critical' | 'high' | 'medium' | 'low' | 'good' | 'quiet' | 'accent';

/** A short word on a coloured ground. The word alone says it: colour is never the only sign. */
export function Tag({ tone, dot = false, children }: { tone: Tone; dot?: boolean; children: string }) {
  return <span className={`${classes['tag']} ${classes[tone]}`}>{dot && <span className={classes['dot']} aria-hidden />}{children}</span>;
}

export const SeverityTag = ({ severity }: { severity: Severity }) => <Tag tone={severity} dot>{severity}</Tag>;

const states: Record<IncidentState, [Tone, string]> = {
  open: ['critical', 'open'], acknowledged: ['accent', 'acknowledged'], contained: ['good', 'contained'], resolved: ['quiet', 'resolved'], false_positive: ['quiet', 'false positive'],
};
export const IncidentStateTag = ({ state }: { state: IncidentState }) => <Tag tone={states[state][0]}>{states[state][1]}</Tag>;

const keyStates: Record<KeyState, Tone> = { active: 'good', revoked: 'quiet', expired: 'quiet' };
export const KeyStateTag = ({ state }: { state: KeyState | null }) => (state === null ? <Tag tone="medium">not registered</Tag> : <Tag tone={keyStates[state]}>{state}</Tag>);

const outcomes: Record<Outcome, [Tone, string]> = {
  authorised: ['good', 'authorised'], unauthorised: ['critical', 'unauthorised'], forbidden: ['high', 'forbidden'], rate_limited: ['medium', 'rate limited'], error: ['quiet', 'error'],
};
export const OutcomeTag = ({ outcome }: { outcome: Outcome }) => <Tag tone={outcomes[outcome][0]}>{outcomes[outcome][1]}</Tag>;

/** The same in rows of many: a coloured word on no ground, so that what was refused stands out. */
export const OutcomeWord = ({ outcome }: { outcome: Outcome }) => <span className={`${classes['word']} ${classes[`${outcomes[outcome][0]}Text`]}`}><span className={classes['dot']} aria-hidden />{outcomes[outcome][1]}</span>;
