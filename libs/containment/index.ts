export { ContainmentModule } from './containment.module.js';
export type { ContainmentOrder } from './containment-order.js';
export { Containments, type Contained } from './containment.service.js';
export { Overlaps } from './overlaps.service.js';
export { RemoteContainments } from './remote/remote-containment.service.js';
