// An OpenID Connect provider for tests (oidc-provider, its own pages for signing in), on a free port of this machine, as a process of its own.
// Arguments: client id, client secret ("" = a public client), address that people are sent back to, `userinfo` or `id_token` (where claims stand).
// Whoever signs in as `alice:soc|admins` is alice, in these groups. Prints its issuer.
import { createServer } from 'node:http';
import { once } from 'node:events';
import Provider from 'oidc-provider';

const [clientId, secret, callback, place] = process.argv.slice(2);
const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [{
    client_id: clientId, redirect_uris: [callback], grant_types: ['authorization_code'], response_types: ['code'],
    ...(secret === '' ? { token_endpoint_auth_method: 'none' } : { client_secret: secret }),
  }],
  claims: { openid: ['sub', 'groups', 'realm_access'], profile: ['name'], email: ['email'] },
  conformIdTokenClaims: place === 'userinfo',
  cookies: { keys: ['only for tests'] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  // What people sign in as is their subject, groups and all.
  async findAccount(_context, id) {
    const [who, groups = ''] = id.split(':');
    return { accountId: id, claims: async () => ({ sub: who, name: `Person ${who}`, email: `${who}@example.com`, groups: groups.split('|'), realm_access: { roles: groups.split('|') } }) };
  },
});
server.on('request', provider.callback());
process.stdout.write(`${issuer}\n`);
