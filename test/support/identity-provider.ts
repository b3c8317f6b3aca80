import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface IdentityProviderProcess {
  issuer: string;
  stop(): Promise<void>;
}

export interface ProviderOptions {
  clientId: string;
  /** null: a public client. */
  secret: string | null;
  /** Where people are sent back to. */
  callback: string;
  /** Where the claims of a person stand. */
  claimsIn?: 'userinfo' | 'id_token';
}

/** A certified OpenID Connect provider on a loopback port. Whoever signs in as `alice:soc|admins` is alice, in these groups. */
export async function startIdentityProvider({ clientId, secret, callback, claimsIn = 'userinfo' }: ProviderOptions): Promise<IdentityProviderProcess> {
  const script = fileURLToPath(new URL('servers/oidc-provider.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, clientId, secret ?? '', callback, claimsIn], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const issuer = await new Promise<string>((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
      const line = /^(http:\S+)\n/m.exec(printed)?.[1];
      if (line !== undefined) resolve(line);
    });
    child.once('exit', () => reject(new Error(`the identity provider ended at its start: ${said}`)));
  });
  return {
    issuer,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** As much of a browser as signing in takes: it keeps cookies by host and port, follows redirects and sends forms. */
export class SignInBrowser {
  private readonly jars = new Map<string, Map<string, string>>();

  /** `places`: where an origin is really found. */
  constructor(private readonly places: Readonly<Record<string, string>>) {}

  /** One request, no redirect followed. */
  async get(url: string, form?: Record<string, string>): Promise<{ status: number; location: string | undefined; text: string }> {
    const { origin } = new URL(url);
    const place = this.places[origin] ?? origin;
    const jar = this.jars.get(place) ?? new Map<string, string>();
    this.jars.set(place, jar);
    const response = await fetch(url.replace(origin, place), {
      redirect: 'manual', method: form === undefined ? 'GET' : 'POST', ...(form && { body: new URLSearchParams(form) }),
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), 'user-agent': 'A browser', accept: 'text/html' },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    const location = response.headers.get('location');
    return { status: response.status, location: location === null ? undefined : new URL(location, url).href, text: await response.text() };
  }

  /** The cookies that a place was given. */
  cookiesOf(place: string): Record<string, string> {
    return Object.fromEntries(this.jars.get(place) ?? []);
  }

  /** Goes to the provider, signs in there as `who` (null: gives up) and comes back: the address it is sent back to, not yet called. */
  async signInAt(start: string, who: string | null, backTo: string): Promise<string> {
    let answer = await this.get(start);
    for (let steps = 0; steps < 20; steps += 1) {
      if (answer.location?.startsWith(backTo)) return answer.location;
      if (answer.location !== undefined) answer = await this.get(answer.location);
      else if (who === null) answer = await this.get(/href="([^"]*abort[^"]*)"/.exec(answer.text)?.[1] ?? '');
      else answer = await this.get(/action="([^"]+)"/.exec(answer.text)?.[1] ?? '', /name="login"/.test(answer.text) ? { prompt: 'login', login: who, password: 'x' } : { prompt: 'consent' });
    }
    throw new Error(`the provider did not send anybody back: ${answer.status} ${answer.text.slice(0, 500)}`);
  }
}
