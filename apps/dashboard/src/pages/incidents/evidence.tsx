import type { Finding, Incident } from '@keytrail/contracts';
import { severityRank } from '@keytrail/contracts';
import { Link } from '@tanstack/react-router';
import { useMay } from '../../session/use-session.js';
import { Ago, At } from '../../time/time-context.js';
import { Section } from '../../ui/blocks.js';
import { OutcomeTag, SeverityTag } from '../../ui/tags.js';
import { requestsLink } from '../requests/requests-search.js';
import { around } from './keys.js';
import classes from './incident.module.css';

/** What detection found, with the numbers it decided on, and requests to look at. */
export function Evidence({ incident }: { incident: Incident }) {
  const { evidence, findings, sample_requests } = incident;
  const gravest = [...evidence].sort((a, b) => severityRank[b.severity] - severityRank[a.severity] || a.first_seen.localeCompare(b.first_seen));
  return (
    <Section title="Evidence" count={findings}>
      <ul className={classes['findings']}>{gravest.map((finding) => <FindingRow key={finding.finding_id} finding={finding} />)}</ul>
      {sample_requests.length > 0 && <Samples incident={incident} />}
    </Section>
  );
}

const words = (name: string): string => name.replaceAll('_', ' ');
const figure = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 2 });

function FindingRow({ finding }: { finding: Finding }) {
  const mayLook = useMay('request-logs:read');
  const { title, severity, summary, rule_id, first_seen, last_seen, evidence, workspace_id, not_a_threat } = finding;
  const { counts, expected, seen, addresses = [], user_agents = [], countries = [], request_ids } = evidence;
  const figures = [...(expected === undefined || seen === undefined ? [] : [['expected', expected], ['seen', seen]] as const), ...Object.entries(counts)].slice(0, 6);
  return (
    <li>
      <div className={classes['findingHead']}>
        <SeverityTag severity={severity} /><strong>{title}</strong>
        <span className={`${classes['findingWhen']} muted`}>seen <Ago at={last_seen} /></span>
      </div>
      <p>{summary}</p>
      {not_a_threat !== null && <p className="muted">Called no threat by {not_a_threat.by}: {not_a_threat.reason}</p>}
      <dl className={classes['figures']}>{figures.map(([name, value]) => <div key={name}><dt>{words(name)}</dt><dd className="num">{figure(value)}</dd></div>)}</dl>
      <div className={classes['from']}>
        {addresses.slice(0, 6).map((address) => (mayLook
          ? <Link key={address} to="/requests" search={requestsLink({ address, workspace: workspace_id, ...around({ first_seen, last_seen }) })} className={`${classes['chip']} mono`} title={`Requests from ${address}`}>{address}</Link>
          : <span key={address} className={`${classes['chip']} mono`}>{address}</span>))}
        {addresses.length > 6 && <span className="muted">and {addresses.length - 6} more</span>}
        {countries.filter((country) => country !== '').map((country) => <span key={country} className={classes['chip']}>{country}</span>)}
        {user_agents.slice(0, 2).map((agent) => <span key={agent} className={classes['chip']} title={agent}>{agent}</span>)}
      </div>
      <div className={classes['findingFoot']}>
        <span className="muted mono">{rule_id}</span>
        {mayLook && request_ids.length > 0 && <Link to="/requests" search={requestsLink({ request_id: request_ids, workspace: workspace_id, ...around({ first_seen, last_seen }) })}>Open {request_ids.length} {request_ids.length === 1 ? 'request' : 'requests'}</Link>}
      </div>
    </li>
  );
}

function Samples({ incident: { sample_requests } }: { incident: Incident }) {
  return (
    <div className={classes['samples']} tabIndex={0} role="region" aria-label="Some of the requests">
      <table>
        <thead><tr><th>Time</th><th>Request</th><th>Status</th><th>Outcome</th><th>Address</th></tr></thead>
        <tbody>
          {sample_requests.map(({ request_id, time, method, route, path, status, outcome, address, country }) => (
            <tr key={`${request_id} ${time}`}>
              <td><At at={time} /></td>
              <td className="mono"><Link to="/requests" search={requestsLink({ request_id, range: '30d' })} title={request_id}>{method} {route || path}</Link></td>
              <td className="num">{status}</td><td><OutcomeTag outcome={outcome} /></td><td className="mono">{address}{country === '' ? '' : ` ${country}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
