import type { Incident } from '@keytrail/contracts';
import { Link } from '@tanstack/react-router';
import { duration } from '../../time/format-time.js';
import { Figure, Section } from '../../ui/blocks.js';
import { CopyButton } from '../../ui/copy-button.js';
import { SeverityTag } from '../../ui/tags.js';
import classes from './incident.module.css';

/** Whom to call, in order. */
export function Escalation({ incident: { escalation_path, owner } }: { incident: Incident }) {
  return (
    <Section title="Whom to call">
      {escalation_path.length === 0 ? <p className={classes['sideNote']}>{owner === null ? 'Nobody is known to own it.' : `${owner.name} cannot be reached, and nobody is named instead.`}</p> : (
        <ol className={classes['people']}>
          {escalation_path.map(({ name, contact, role }) => (
            <li key={`${name} ${contact}`}><div><strong>{name}</strong> <span className="muted">{role === 'owner' ? 'owner' : 'next'}</span></div><div className={classes['contact']}>{contact}<CopyButton text={contact} label={`Copy how to reach ${name}`} /></div></li>
          ))}
        </ol>
      )}
    </Section>
  );
}

/** What callers that are new to the keys got: what counts most. */
export function Conduct({ incident: { new_callers } }: { incident: Incident }) {
  if (new_callers === null || new_callers.requests === 0) return null;
  const { requests, accepted, refused, failed, bytes_out } = new_callers;
  return (
    <dl className={classes['conduct']} aria-label="What new callers got">
      <Figure label="Calls of new callers" value={requests.toLocaleString('en')} />
      <Figure label="Accepted" value={accepted.toLocaleString('en')} tone={accepted > 0 ? 'critical' : undefined} />
      <Figure label="Refused" value={refused.toLocaleString('en')} />
      <Figure label="Failed" value={failed.toLocaleString('en')} />
      <Figure label="Sent to them" value={bytes(bytes_out)} tone={bytes_out > 0 ? 'high' : undefined} />
    </dl>
  );
}

export const bytes = (size: number): string => (size < 1e3 ? `${size} B` : size < 1e6 ? `${(size / 1e3).toFixed(1)} kB` : size < 1e9 ? `${(size / 1e6).toFixed(1)} MB` : `${(size / 1e9).toFixed(1)} GB`);

export function Times({ incident: { times } }: { incident: Incident }) {
  const span = (seconds: number | null) => (seconds === null ? <span className="muted">not yet</span> : duration(seconds * 1000));
  return (
    <Section title="How long it took">
      <dl className={classes['times']}>
        <div><dt>to detect</dt><dd className="num">{span(times.to_detect)}</dd></div>
        <div><dt>to acknowledge</dt><dd className="num">{span(times.to_acknowledge)}</dd></div>
        <div><dt>to contain</dt><dd className="num">{span(times.to_contain)}</dd></div>
        <div><dt>to resolve</dt><dd className="num">{span(times.to_resolve)}</dd></div>
      </dl>
    </Section>
  );
}

/** Closed ones of before that look alike, with what people wrote. */
export function Similar({ incident: { similar } }: { incident: Incident }) {
  if (similar.length === 0) return null;
  return (
    <Section title="Like it before" count={similar.length}>
      <ul className={classes['similar']}>
        {similar.map(({ incident_id, title, severity, state, because, last_note }) => (
          <li key={incident_id}>
            <Link to="/incidents/$incidentId" params={{ incidentId: incident_id }}>{title}</Link>
            <div className={classes['similarFacts']}><SeverityTag severity={severity} /><span className="muted">{state.replace('_', ' ')}</span></div>
            <p className="muted">{because.join('; ')}</p>
            {last_note !== null && <blockquote>{last_note}</blockquote>}
          </li>
        ))}
      </ul>
    </Section>
  );
}
