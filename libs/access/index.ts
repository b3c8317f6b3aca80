export { AccessModule } from './access.module.js';
export { AccessSettings } from './access.settings.js';
export { AccessTokenStore } from './access-token.store.js';
export { JwtVerifier, type JwtSettings } from './jwt-verifier.js';
