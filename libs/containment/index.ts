export { ContainmentModule } from './containment.module.js';
export { Containments, type Contained, type ContainmentOrder } from './containment.service.js';
export { OverlapEnd } from './overlap-end.service.js';
export { Overlaps } from './overlaps.service.js';
