export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Template; every `{…}` becomes an id. */
  route: string;
  weight: number;
  /** Median, in milliseconds. */
  latency: number;
  /** Median size of the answer, in bytes. */
  bytes: number;
}

const get = (route: string, weight: number, latency: number, bytes: number): Route => ({ method: 'GET', route, weight, latency, bytes });
const post = (route: string, weight: number, latency: number, bytes: number): Route => ({ method: 'POST', route, weight, latency, bytes });

/** The routes a service calls, by service. */
export const serviceRoutes = {
  payments: [
    post('/v1/payments', 5, 180, 900), get('/v1/payments/{payment_id}', 3, 35, 1_200),
    post('/v1/payments/{payment_id}/capture', 3, 160, 700), post('/v1/refunds', 0.3, 190, 650),
  ],
  checkout: [
    post('/v1/carts', 3, 60, 800), get('/v1/carts/{cart_id}', 5, 25, 2_400),
    post('/v1/carts/{cart_id}/checkout', 2, 210, 1_100), get('/v1/shipping-rates', 2, 80, 1_900),
  ],
  catalog: [
    get('/v1/products', 4, 45, 18_000), get('/v1/products/{product_id}', 6, 20, 3_200), get('/v1/prices/{product_id}', 4, 15, 400),
  ],
  search: [get('/v1/search', 8, 70, 9_500), get('/v1/search/suggest', 6, 18, 900)],
  mobile: [
    get('/v1/feed', 5, 90, 14_000), get('/v1/orders/{order_id}', 3, 40, 2_100), post('/v1/devices', 0.5, 55, 300),
  ],
  notifications: [post('/v1/messages', 6, 75, 350), get('/v1/templates/{template_id}', 2, 20, 4_000)],
  billing: [get('/v1/usage', 2, 240, 22_000), post('/v1/invoices', 5, 130, 1_500), get('/v1/customers/{customer_id}', 4, 30, 1_300)],
  crm: [get('/v1/customers', 2, 150, 40_000), { method: 'PUT', route: '/v1/customers/{customer_id}', weight: 5, latency: 60, bytes: 500 }],
  backoffice: [
    get('/v1/orders', 4, 95, 16_000), get('/v1/orders/{order_id}', 6, 40, 2_100),
    { method: 'PATCH', route: '/v1/orders/{order_id}', weight: 2, latency: 85, bytes: 600 }, get('/v1/customers/{customer_id}', 3, 30, 1_300),
  ],
  support: [get('/v1/customers/{customer_id}', 6, 30, 1_300), get('/v1/orders/{order_id}', 5, 40, 2_100), post('/v1/refunds', 0.4, 190, 650)],
  warehouse: [get('/v1/stock/{product_id}', 6, 22, 500), post('/v1/shipments', 3, 110, 800)],
  reporting: [get('/v1/reports/sales', 3, 900, 120_000), get('/v1/reports/payouts', 2, 700, 60_000)],
  fraud: [get('/v1/payments/{payment_id}', 5, 35, 1_200), post('/v1/risk-scores', 5, 50, 300)],
  logistics: [get('/v1/shipments/{shipment_id}', 6, 35, 1_000), post('/v1/shipments/{shipment_id}/events', 4, 45, 200)],
  smoke: [get('/v1/health', 4, 8, 60), post('/v1/payments', 1, 180, 900), get('/v1/products', 1, 45, 18_000)],
} satisfies Record<string, readonly Route[]>;
