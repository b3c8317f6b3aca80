export { LiveFeed } from './live-feed.service.js';
export { LiveModule } from './live.module.js';
