import type { Incident, SuggestedAction } from '@keytrail/contracts';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { isIssuedKind, revokePermission } from '../../containment/kinds.js';
import type { KeyToReplace } from '../../containment/replace-dialog.js';
import { useSession } from '../../session/use-session.js';
import { Section } from '../../ui/blocks.js';
import { CopyButton } from '../../ui/copy-button.js';
import { requestsLink } from '../requests/requests-search.js';
import { readSuggestedCall } from './suggested-call.js';
import classes from './incident.module.css';

interface ActionsProps {
  incident: Incident;
  onReplace(key: KeyToReplace): void;
}

/** What to do, most urgent first; what the page can do is done from here. */
export function Actions({ incident, onReplace }: ActionsProps) {
  const { suggested_actions } = incident;
  if (suggested_actions.length === 0) return null;
  return (
    <Section title="What to do">
      <ol className={classes['actions']}>
        {suggested_actions.map((action) => (
          <li key={`${action.title} ${action.call}`}>
            <strong>{action.title}</strong>
            <p className="muted">{action.why}</p>
            <Doing incident={incident} action={action} onReplace={onReplace} />
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Doing({ incident, action, onReplace }: ActionsProps & { action: SuggestedAction }) {
  const { permissions } = useSession();
  const read = readSuggestedCall(action.call);
  if (read.does === 'replace') {
    const key = replaceable(incident, read.key_id);
    if (key === undefined) return null;
    if (!permissions.includes(revokePermission(key.kind))) return <p className={classes['denied']}>Your role may not revoke keys. Ask a responder.</p>;
    return <Button color="red.9" size="sm" fullWidth onClick={() => onReplace(key)}>Revoke and replace</Button>;
  }
  if (read.does === 'search' && permissions.includes('request-logs:read')) return <Link to="/requests" search={requestsLink(read.query)} className={classes['doLink']}>Open in Requests</Link>;
  if (read.does === 'call') return <div className={classes['call']}><code className="mono">{read.call}</code><CopyButton text={read.call} label="Copy the call" /></div>;
  return null;
}

/** A key of the incident that the registry holds and that still works. */
export function replaceable({ affected_keys }: Incident, keyId: string): KeyToReplace | undefined {
  const key = affected_keys.find(({ key_id }) => key_id === keyId);
  if (key === undefined || key.state !== 'active' || !isIssuedKind(key.kind)) return undefined;
  return { key_id: key.key_id, name: key.name, environment: key.environment, kind: key.kind };
}
