import { Spotlight, spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { IconAlertOctagon, IconArrowRight, IconHash, IconKey } from '@tabler/icons-react';
import { useState } from 'react';
import { recentIncidentsQuery } from '../api/queries.js';
import { useSession } from '../session/use-session.js';
import { idTarget } from './id-target.js';
import { pages } from './pages.js';

export const openPalette = (): void => spotlight.open();

/** Goes to a page, an incident, or whatever an id stands for. */
export function Palette() {
  const navigate = useNavigate();
  const { permissions } = useSession();
  const [asked, setAsked] = useState('');
  const { data: incidents } = useQuery(recentIncidentsQuery);
  const target = idTarget(asked.trim());
  const actions: (SpotlightActionData & { group?: string })[] = [
    ...(target === undefined ? [] : [{
      id: 'by-id', label: target.label, description: asked.trim(), keywords: [asked], leftSection: target.kind === 'key' ? <IconKey size={17} /> : target.kind === 'incident' ? <IconAlertOctagon size={17} /> : <IconHash size={17} />,
      onClick: () => void (target.kind === 'incident' ? navigate({ to: '/incidents/$incidentId', params: { incidentId: asked.trim() } })
        : navigate({ to: '/requests', search: { [target.kind === 'key' ? 'key_id' : target.kind === 'address' ? 'address' : 'request_id']: asked.trim(), range: '30d' } })),
    }]),
    ...pages.filter(({ needs }) => permissions.includes(needs)).map(({ to, label, icon: Icon }) => ({
      id: to, label: `Go to ${label}`, leftSection: <Icon size={17} />, onClick: () => void navigate({ to }),
    })),
    ...(incidents?.data ?? []).map(({ incident_id, title, severity, state }) => ({
      id: incident_id, label: title, description: `${severity}, ${state.replace('_', ' ')}`, keywords: [incident_id], leftSection: <IconArrowRight size={17} />,
      onClick: () => void navigate({ to: '/incidents/$incidentId', params: { incidentId: incident_id } }),
    })),
  ];
  return (
    <Spotlight
      actions={actions} query={asked} onQueryChange={setAsked} shortcut={['mod + K', '/']} highlightQuery limit={12} scrollable maxHeight={420} clearQueryOnClose overlayProps={{ blur: 0, backgroundOpacity: 0.5 }}
      nothingFound="Nothing has this name. Paste an id of a request, a key or an incident, or an address." searchProps={{ placeholder: 'Page, incident, request id, key id or address', 'aria-label': 'Search or go to' }}
    />
  );
}
