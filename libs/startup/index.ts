export { WrongMasterKeyError } from './assert-master-key.js';
export { foundationModules, type Foundation } from './foundation.js';
export { newAdminTokenNotice } from './new-admin-token-notice.js';
export { appFields, startApp, type AppOptions, type AppSettings, type RunningApp } from './start-app.js';
export { serverAppFields, startOnServers, type ServerAppSettings } from './start-on-servers.js';
