export { Correlation } from './correlation.service.js';
export { detectionFinding, type FindingMoment } from './detection-finding.js';
export { IncidentBriefs, type IncidentBrief } from './incident-briefs.service.js';
export { CorrelationModule, IncidentsHttpModule, IncidentsModule } from './incidents.module.js';
export { Incidents } from './incidents.service.js';
export { LeakIncidents, type LeakedKeyReport } from './leak-incidents.service.js';
export { presentIncident } from './incident.store.js';
export { LEAKED_KEY } from './leak-narrative.js';
export { OwnIncidents, type OwnTrouble } from './own-incidents.service.js';
