export { keyState, presentKey, type CredentialRecord } from './api-key.js';
export { ApiKeys } from './api-keys.service.js';
export { insertCredential, findById, lockById, markRevoked, type DirectoryEntry } from './credential.store.js';
export { CredentialsHttpModule, CredentialsModule } from './credentials.module.js';
export { KeyDirectory } from './key-directory.service.js';
export { DEFAULT_WORKSPACE, Registry } from './registry.service.js';
