import type { CreateOwner, CreateWorkspace } from '@keytrail/contracts';
import type { serviceRoutes } from './routes.js';
import type { Load, Shape } from './shapes.js';

/** A key of the demo: who owns it, what calls with it, and how much. */
export interface KeyProfile extends Load {
  name: string;
  service: string;
  workspace: string;
  environment: 'production' | 'staging';
  owner: string;
  scopes: readonly string[];
  routes: keyof typeof serviceRoutes;
  addresses: readonly string[];
  userAgents: readonly string[];
}

export const demoWorkspaces = [
  { workspace_id: 'acme-production', name: 'Acme production', environment: 'production' },
  { workspace_id: 'acme-staging', name: 'Acme staging', environment: 'staging' },
] as const satisfies readonly CreateWorkspace[];

export const demoOwners: readonly CreateOwner[] = [
  { name: 'Payments', kind: 'team', contact: 'payments-oncall@acme.example' },
  { name: 'Storefront', kind: 'team', contact: '#storefront-oncall on chat.acme.example' },
  { name: 'Finance Systems', kind: 'team', contact: 'finance-systems@acme.example' },
  { name: 'Fulfilment', kind: 'team', contact: 'fulfilment-oncall@acme.example' },
  { name: 'Quality', kind: 'team', contact: '#quality on chat.acme.example' },
  { name: 'Mara Lindqvist', kind: 'person', contact: 'mara.lindqvist@acme.example' },
  { name: 'Tomas Okafor', kind: 'person', contact: 'tomas.okafor@acme.example' },
  { name: 'Priya Raman', kind: 'person', contact: 'priya.raman@acme.example' },
];

const berlin = 'Europe/Berlin';
const office = (from = 8, to = 18, zone = berlin): Shape => ({ kind: 'office', zone, from, to });
const daily = (peak: number, swing: number): Shape => ({ kind: 'daily', zone: berlin, peak, swing });
const every = (everyMinutes: 5 | 15 | 60): Shape => ({ kind: 'cron', everyMinutes });
const flat: Shape = { kind: 'flat' };

type Row = [
  service: string, routes: KeyProfile['routes'], owner: string, shape: Shape, rate: number, dispersion: number,
  addresses: string[], userAgents: string[], scopes: string[],
];

const nodeSdk = (service: string, version: string) => `acme-${service}/${version} (node 20.18.1; linux)`;

// Callers sit in public clouds, so that they have a country; offices come from 192.0.2.0/24, which has none.
const production: Row[] = [
  ['payments', 'payments', 'Payments', daily(14, 0.6), 2.2, 12, ['18.184.41.17', '18.184.97.203', '18.194.12.88', '3.120.66.140'],
    [nodeSdk('payments', '4.12.0')], ['payments:read', 'payments:write']],
  ['checkout', 'checkout', 'Storefront', daily(19, 0.7), 1, 6, ['52.28.91.12', '52.57.14.190', '35.158.77.6'],
    [nodeSdk('checkout', '7.3.2')], ['carts:*', 'shipping:read']],
  ['catalog', 'catalog', 'Storefront', flat, 0.6, 8, ['52.28.91.40', '52.57.14.201'], ['Go-http-client/2.0'], ['products:read']],
  ['search', 'search', 'Storefront', daily(20, 0.65), 0.8, 5, ['34.89.130.44', '35.198.77.61'], ['acme-search/2.1.0 (jvm 21)'], ['search:read']],
  ['mobile-bff', 'mobile', 'Tomas Okafor', daily(21, 0.8), 0.9, 4, ['34.89.130.70', '34.89.130.71', '35.198.77.90'],
    ['okhttp/4.12.0', nodeSdk('mobile-bff', '1.44.0')], ['feed:read', 'orders:read', 'devices:write']],
  ['notifications', 'notifications', 'Storefront', every(5), 3, 1, ['52.214.9.31', '34.244.61.7'],
    [nodeSdk('notifications', '3.0.9')], ['messages:write', 'templates:read']],
  ['billing', 'billing', 'Finance Systems', every(60), 22, 1, ['52.214.9.77', '54.76.120.9'],
    ['acme-billing/5.6.0 (jvm 21)'], ['usage:read', 'invoices:write', 'customers:read']],
  ['crm-sync', 'crm', 'Priya Raman', every(15), 6, 1, ['20.52.4.19', '20.52.4.20'], ['python-httpx/0.27.2'], ['customers:*']],
  ['backoffice', 'backoffice', 'Fulfilment', office(), 1, 5, ['192.0.2.14', '192.0.2.15', '20.52.4.61'],
    ['acme-backoffice/11.2 (dotnet 8.0)'], ['orders:*', 'customers:read']],
  ['support-desk', 'support', 'Mara Lindqvist', office(9, 19), 0.6, 5, ['192.0.2.33', '192.0.2.34'],
    ['acme-support-desk/2.9 (ruby 3.3)'], ['customers:read', 'orders:read', 'refunds:write']],
  ['warehouse', 'warehouse', 'Fulfilment', office(6, 15), 0.7, 6, ['192.0.2.81', '192.0.2.82', '192.0.2.83'],
    ['acme-scanner/6.0 (android 14)'], ['stock:*', 'shipments:write']],
  ['reporting', 'reporting', 'Finance Systems', every(60), 5, 1, ['95.217.10.2', '88.198.4.91'], ['acme-reporting/1.8 (python 3.12)'], ['reports:read']],
  ['fraud-check', 'fraud', 'Payments', flat, 0.5, 10, ['3.121.208.31', '18.194.12.130'], ['acme-fraud/3.3.1 (jvm 21)'], ['payments:read', 'risk:write']],
  ['logistics-partner', 'logistics', 'Fulfilment', flat, 0.2, 3, ['51.15.20.30', '163.172.48.9'],
    ['LogiTrack-Connector/9.4'], ['shipments:*']],
];

const staging: Row[] = [
  ['payments', 'payments', 'Payments', office(), 0.3, 4, ['13.48.20.8', '16.170.9.41'], [nodeSdk('payments', '4.13.0-rc.2')], ['payments:read', 'payments:write']],
  ['checkout', 'checkout', 'Storefront', office(9, 18), 0.3, 4, ['13.48.20.31', '16.170.9.60'], [nodeSdk('checkout', '7.4.0-beta.1')], ['carts:*', 'shipping:read']],
  ['catalog', 'catalog', 'Storefront', flat, 0.1, 4, ['13.48.20.44', '16.170.9.71'], ['Go-http-client/2.0'], ['products:read']],
  ['crm-sync', 'crm', 'Priya Raman', every(60), 3, 1, ['20.52.4.90', '20.52.4.91'], ['python-httpx/0.28.0'], ['customers:*']],
  ['ci-smoke', 'smoke', 'Quality', every(15), 4, 1, ['13.74.10.28', '13.74.10.29', '51.140.20.7'], ['acme-smoke/1.0 (node 20.18.1; ci)'], ['payments:write', 'products:read']],
  ['qa-remote', 'backoffice', 'Quality', office(9, 17, 'America/New_York'), 0.4, 4, ['54.164.201.9', '3.88.40.112'],
    ['acme-qa-runner/0.19 (node 20.18.1; linux)'], ['orders:*', 'customers:read']],
];

const profiles = (rows: Row[], environment: KeyProfile['environment']): KeyProfile[] =>
  rows.map(([service, routes, owner, shape, rate, dispersion, addresses, userAgents, scopes]) => ({
    name: `${service}-${environment}`, service, workspace: `acme-${environment}`, environment,
    owner, shape, rate, dispersion, addresses, userAgents, scopes, routes,
  }));

export const demoKeys: readonly KeyProfile[] = [...profiles(production, 'production'), ...profiles(staging, 'staging')];

/** The key that is attacked. */
export const attackedKeyName = 'payments-production';
