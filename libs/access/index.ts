export { AccessModule } from './access.module.js';
export { AccessSettings } from './access.settings.js';
export { AccessTokenStore } from './access-token.store.js';
export { Authentication } from './authentication.service.js';
export { jwtSettingsOf } from './jwt-settings-of.js';
export { JwtVerifier, type JwtSettings } from './jwt-verifier.js';
