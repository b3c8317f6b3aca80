export { Correlation } from './correlation.service.js';
export { CorrelationModule, IncidentsHttpModule, IncidentsModule } from './incidents.module.js';
export { Incidents } from './incidents.service.js';
