import type { Permission } from '@keytrail/contracts';
import { IconAlertOctagon, IconKey, IconLayoutDashboard, IconListSearch } from '@tabler/icons-react';

/** The pages of the navigation, in its order. `keys`: typed one after the other they lead there. A page whose permission is missing is not shown. */
export const pages = [
  { to: '/', label: 'Overview', icon: IconLayoutDashboard, keys: 'g o', needs: 'incidents:read' },
  { to: '/incidents', label: 'Incidents', icon: IconAlertOctagon, keys: 'g i', needs: 'incidents:read' },
  { to: '/requests', label: 'Requests', icon: IconListSearch, keys: 'g r', needs: 'request-logs:read' },
  { to: '/keys', label: 'Keys', icon: IconKey, keys: 'g k', needs: 'api-keys:read' },
] as const satisfies readonly { to: string; label: string; icon: typeof IconKey; keys: string; needs: Permission }[];
