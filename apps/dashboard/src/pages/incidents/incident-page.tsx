import type { Incident } from '@keytrail/contracts';
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { containmentsQuery, incidentQuery } from '../../api/queries.js';
import { ContainmentBoard } from '../../containment/containment-board.js';
import { ReplaceDialog, type KeyToReplace } from '../../containment/replace-dialog.js';
import { Page } from '../../shell/page.js';
import { useMay } from '../../session/use-session.js';
import { Ago } from '../../time/time-context.js';
import { Section } from '../../ui/blocks.js';
import { Id } from '../../ui/copy-button.js';
import { ErrorNote } from '../../ui/error-note.js';
import { IncidentStateTag, SeverityTag } from '../../ui/tags.js';
import { Actions } from './actions.js';
import { Evidence } from './evidence.js';
import { IncidentControls } from './incident-controls.js';
import { Keys } from './keys.js';
import { Conduct, Escalation, Similar, Times } from './side.js';
import { Timeline } from './timeline.js';
import classes from './incident.module.css';

/** One incident: what happened, what to do about it, and whether it worked. Links of alerts lead here. */
export function IncidentPage() {
  const { incidentId } = useParams({ from: '/incidents/$incidentId' });
  const { data, error, refetch } = useQuery(incidentQuery(incidentId));
  if (error !== null && data === undefined) return <Page title="Incident" above={<Above />}><ErrorNote title="This incident cannot be shown" error={error} onRetry={() => void refetch()} /></Page>;
  if (data === undefined) return <Page title="Incident" above={<Above />} heading={<Skeleton height={26} width="60%" />}><Skeleton height={420} /></Page>;
  return <IncidentView incident={data} />;
}

const Above = () => <div className={classes['above']}><Link to="/incidents">Incidents</Link></div>;

function IncidentView({ incident }: { incident: Incident }) {
  const { incident_id, title, severity, state, workspace_id, opened_at, narrative, severity_because, merged_into } = incident;
  const [replacing, setReplacing] = useState<KeyToReplace | undefined>();
  const maySeeContainments = useMay('containments:read');
  const { data: containments } = useQuery({ ...containmentsQuery(incident_id), enabled: maySeeContainments });
  const boards = containments?.data ?? [];
  return (
    <Page
      title={title}
      above={<Above />}
      heading={<>
        <h1 className={classes['title']}>{title}</h1>
        <div className={classes['facts']}>
          <SeverityTag severity={severity} /><IncidentStateTag state={state} />
          <span className="muted">{workspace_id} · opened <Ago at={opened_at} /></span><Id id={incident_id} />
        </div>
      </>}
      aside={<IncidentControls incident={incident} />}
    >
      {merged_into !== null && <p className={classes['merged']}>This incident was merged into <Link to="/incidents/$incidentId" params={{ incidentId: merged_into }}>{merged_into}</Link>, which goes on with it.</p>}
      <div className={classes['layout']} data-contained={boards.length > 0}>
        <div className={classes['act']}>
          <Actions incident={incident} onReplace={setReplacing} />
          <Escalation incident={incident} />
        </div>
        <div className={classes['main']}>
          {boards.length > 0 && <Section title="Containment">{boards.map(({ containment_id }) => <ContainmentBoard key={containment_id} containmentId={containment_id} />)}</Section>}
          <Section title="What happened">
            <div className={classes['story']}>
              {narrative.map((sentence, at) => <p key={sentence} className={at === 0 ? classes['lead'] : undefined}>{sentence}</p>)}
              <p className="muted">It is {severity}: {severity_because}.</p>
            </div>
            <Conduct incident={incident} />
          </Section>
          <Keys incident={incident} onReplace={setReplacing} />
          <Evidence incident={incident} />
          <Timeline incident={incident} />
        </div>
        <div className={classes['rest']}>
          <Times incident={incident} />
          <Similar incident={incident} />
        </div>
      </div>
      {replacing !== undefined && <ReplaceDialog target={replacing} incidentId={incident_id} onClose={() => setReplacing(undefined)} />}
    </Page>
  );
}
