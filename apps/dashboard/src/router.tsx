import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { IncidentsSearch } from './pages/incidents/incidents-search.js';
import { RequestsSearch } from './pages/requests/requests-search.js';
import { KeysSearch } from './pages/keys/keys-search.js';
import { NothingHere, PageError } from './shell/page-error.js';
import { Root } from './shell/root.js';

const root = createRootRoute({ component: Root, notFoundComponent: NothingHere, errorComponent: PageError });

// Each page is a file of its own, loaded when it is first opened. The address says all of what is shown.
const overview = createRoute({
  getParentRoute: () => root, path: '/', component: lazyRouteComponent(() => import('./pages/overview/overview-page.js'), 'OverviewPage'),
});
const incidents = createRoute({
  getParentRoute: () => root, path: '/incidents', validateSearch: IncidentsSearch,
  component: lazyRouteComponent(() => import('./pages/incidents/incidents-page.js'), 'IncidentsPage'),
});
const incident = createRoute({
  getParentRoute: () => root, path: '/incidents/$incidentId',
  component: lazyRouteComponent(() => import('./pages/incidents/incident-page.js'), 'IncidentPage'),
});
const requests = createRoute({
  getParentRoute: () => root, path: '/requests', validateSearch: RequestsSearch,
  component: lazyRouteComponent(() => import('./pages/requests/requests-page.js'), 'RequestsPage'),
});
const keys = createRoute({
  getParentRoute: () => root, path: '/keys', validateSearch: KeysSearch,
  component: lazyRouteComponent(() => import('./pages/keys/keys-page.js'), 'KeysPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([overview, incidents, incident, requests, keys]),
  defaultPreload: 'intent', defaultPendingMinMs: 0, scrollRestoration: true, defaultErrorComponent: PageError,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
