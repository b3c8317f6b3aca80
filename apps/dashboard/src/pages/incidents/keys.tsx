import type { AffectedKey, Incident } from '@keytrail/contracts';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { isIssuedKind, kinds, revokePermission } from '../../containment/kinds.js';
import type { KeyToReplace } from '../../containment/replace-dialog.js';
import { useSession } from '../../session/use-session.js';
import { Section } from '../../ui/blocks.js';
import { Id } from '../../ui/copy-button.js';
import { KeyStateTag } from '../../ui/tags.js';
import { requestsLink } from '../requests/requests-search.js';
import { replaceable } from './actions.js';
import classes from './incident.module.css';

/** The keys it is about, each with its state and lineage. */
export function Keys({ incident, onReplace }: { incident: Incident; onReplace(key: KeyToReplace): void }) {
  if (incident.affected_keys.length === 0) return null;
  return (
    <Section title="Keys" count={incident.affected_keys.length}>
      <ul className={classes['keys']}>{incident.affected_keys.map((key) => <Key key={key.key_id} affected={key} incident={incident} onReplace={onReplace} />)}</ul>
    </Section>
  );
}

function Key({ affected, incident, onReplace }: { affected: AffectedKey; incident: Incident; onReplace(key: KeyToReplace): void }) {
  const { permissions } = useSession();
  const { key_id, name, kind, state, environment, owner, replaces, replaced_by, findings } = affected;
  const target = replaceable(incident, key_id);
  return (
    <li>
      <div className={classes['keyWhat']}>
        <div className={classes['keyName']}><strong>{name || key_id}</strong><KeyStateTag state={state} /></div>
        <div className="muted">
          {isIssuedKind(kind) ? kinds[kind].noun : kind}{environment !== null && ` · ${environment}`}{owner !== null && ` · ${owner.name}`} · {findings} {findings === 1 ? 'finding' : 'findings'}
        </div>
        <Id id={key_id} />
        {replaced_by !== null && <div className={classes['lineage']}>Replaced by <Id id={replaced_by} /></div>}
        {replaces.length > 0 && <div className={classes['lineage']}>Took the place of <Id id={replaces[0]!} />{replaces.length > 1 && <span className="muted">and {replaces.length - 1} before</span>}</div>}
      </div>
      <div className={classes['keyDo']}>
        <Button component={Link} to="/requests" search={requestsLink({ key_id, workspace: incident.workspace_id, ...around(incident) }) as never} variant="default" size="compact-sm">Requests</Button>
        {target !== undefined && permissions.includes(revokePermission(target.kind)) && <Button variant="default" className="danger" size="compact-sm" onClick={() => onReplace(target)}>Revoke and replace</Button>}
      </div>
    </li>
  );
}

const FIVE_MINUTES = 300_000;

/** The incident's time with some minutes before and after. */
export const around = ({ first_seen, last_seen }: Pick<Incident, 'first_seen' | 'last_seen'>) => ({
  from: new Date(Date.parse(first_seen) - FIVE_MINUTES).toISOString(), to: new Date(Date.parse(last_seen) + FIVE_MINUTES).toISOString(),
});
