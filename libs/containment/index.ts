export { ContainmentModule } from './containment.module.js';
export { Containment } from './containment.service.js';
