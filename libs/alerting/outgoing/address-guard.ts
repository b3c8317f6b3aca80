import { lookup as resolveHost, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Gives every address of a host. */
export type Resolve = (host: string, done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void;

const systemResolve: Resolve = (host, done) => resolveHost(host, { all: true }, done);

/** Why nothing was sent. Says neither which address it was nor what listens there: whoever sets up a channel must not map the network with it. */
export class BlockedAddressError extends Error {
  readonly code = 'EBLOCKED';

  constructor() {
    super('the host is at an address that alerts may not reach; see KEYTRAIL_ALERT_ALLOWED_NETWORKS');
  }
}

const GLOBAL_UNICAST_V6 = ipaddr.parseCIDR('2000::/3');

/**
 * Which addresses outgoing calls may reach: those of the internet, and the networks that settings allow. It looks at the address that is connected to, at
 * that moment, so that a name which resolves to another address the second time gains nothing.
 */
export class AddressGuard {
  private readonly allowed: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][];

  /** @param allowedNetworks addresses or networks such as 10.1.0.0/16 */
  constructor(allowedNetworks: readonly string[], private readonly resolve: Resolve = systemResolve) {
    this.allowed = allowedNetworks.map((network) => ipaddr.parseCIDR(network.includes('/') ? network : `${network}/${isIP(network) === 6 ? 128 : 32}`));
  }

  /** `plain`: without encryption, and so only within allowed networks. */
  permits(address: string, { plain }: { plain: boolean }): boolean {
    if (isIP(address) === 0) return false;
    const parsed = ipaddr.process(address);
    if (this.allowed.some((network) => network[0].kind() === parsed.kind() && parsed.match(network))) return true;
    return !plain && parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST_V6));
  }

  /** For connections that look names up themselves. It is not asked for a host that is an address: call {@link assertHost} first. */
  lookup({ plain }: { plain: boolean }): LookupFunction {
    return (host, options, done) => {
      this.resolve(host, (error, addresses) => {
        const good = addresses?.filter(({ address }) => this.permits(address, { plain })) ?? [];
        const [first] = good;
        if (error !== null) done(error, '', 0);
        else if (first === undefined) done(new BlockedAddressError(), '', 0);
        else if (options.all === true) done(null, good);
        else done(null, first.address, first.family);
      });
    };
  }

  /** Throws {@link BlockedAddressError} for an address that may not be reached; names are looked at when they are resolved. */
  assertHost(host: string, { plain }: { plain: boolean }): void {
    if (isIP(host) !== 0 && !this.permits(host, { plain })) throw new BlockedAddressError();
  }

  /** An address of the host that may be reached, to connect to that and nothing else. */
  async addressOf(host: string, { plain }: { plain: boolean }): Promise<string> {
    this.assertHost(host, { plain });
    if (isIP(host) !== 0) return host;
    return new Promise((resolve, reject) => {
      this.lookup({ plain })(host, { all: false }, (error, address) => (error === null ? resolve(String(address)) : reject(error)));
    });
  }
}
