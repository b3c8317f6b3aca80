import { Incident, type UpdateIncident } from '@keytrail/contracts';
import { Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { IconChevronDown, IconDownload, IconUserCheck } from '@tabler/icons-react';
import { adviceFor } from '../../api/api-error.js';
import { call } from '../../api/client.js';
import { incidentQuery } from '../../api/queries.js';
import { useMay } from '../../session/use-session.js';

/** Changes an incident and shows it as it is then. */
export function useUpdateIncident(incidentId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (patch: UpdateIncident) => call(`/v1/incidents/${encodeURIComponent(incidentId)}`, Incident, { method: 'PATCH', body: patch }),
    onSuccess(incident) {
      client.setQueryData(incidentQuery(incidentId).queryKey, incident);
      void client.invalidateQueries({ queryKey: ['incidents'] });
    },
    onError: (error) => notifications.show({ color: 'red', title: 'The incident was not changed', message: `${error.message} ${adviceFor(error)}` }),
  });
}

const moves = {
  open: [['acknowledged', 'Acknowledge'], ['resolved', 'Resolve'], ['false_positive', 'False positive']],
  acknowledged: [['resolved', 'Resolve'], ['false_positive', 'False positive'], ['open', 'Give back to the queue']],
  contained: [['resolved', 'Resolve'], ['false_positive', 'False positive'], ['open', 'Open again']],
  resolved: [['open', 'Open again']],
  false_positive: [['open', 'Open again']],
} as const satisfies Record<Incident['state'], readonly (readonly [NonNullable<UpdateIncident['state']>, string])[]>;

/** Where a person may take the incident from here, and what they can take along. */
export function IncidentControls({ incident: { incident_id, state, merged_into } }: { incident: Incident }) {
  const mayWrite = useMay('incidents:write');
  const mayBundle = useMay('audit:read');
  const update = useUpdateIncident(incident_id);
  const [first, ...others] = moves[state];
  return (
    <>
      {mayBundle && (
        <Button component="a" href={`/v1/incidents/${encodeURIComponent(incident_id)}/bundle`} download={`${incident_id}.json`} variant="default" leftSection={<IconDownload size={15} />} title="Timeline, evidence and audit entries, signed">Bundle</Button>
      )}
      {mayWrite && merged_into === null && (
        <Button.Group>
          <Button variant={state === 'open' ? 'filled' : 'default'} leftSection={state === 'open' ? <IconUserCheck size={15} /> : undefined} loading={update.isPending} onClick={() => update.mutate({ state: first[0] })}>{first[1]}</Button>
          {others.length > 0 && (
            <Menu>
              <Menu.Target><Button variant={state === 'open' ? 'filled' : 'default'} px={6} aria-label="More states" disabled={update.isPending}><IconChevronDown size={15} /></Button></Menu.Target>
              <Menu.Dropdown>{others.map(([to, label]) => <Menu.Item key={to} onClick={() => update.mutate({ state: to })}>{label}</Menu.Item>)}</Menu.Dropdown>
            </Menu>
          )}
        </Button.Group>
      )}
    </>
  );
}
