import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FoundToken { token: string; type?: string; url?: string | null; source?: string }

/** GitHub's secret scanning as its partners see it: a list of public keys on a real loopback server, and signed reports. */
export interface GithubScanning {
  /** Where the list is. */
  url: string;
  /** How often it was asked for. */
  asked(): number;
  /** Answers the list in another way; undefined = as it should be. */
  answer(how: ((response: ServerResponse) => void) | undefined): void;
  /** A key that is not in the list before it is added. */
  newKey(curve?: string): SigningKey;
  add(key: SigningKey): void;
  /** The key that is in the list from the start. */
  key: SigningKey;
  stop(): Promise<void>;
}

export interface SigningKey { identifier: string; privateKey: KeyObject; publicPem: string }

export const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

function newKey(curve = 'prime256v1'): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const publicPem = String(publicKey.export({ type: 'spki', format: 'pem' }));
  return { identifier: sha256(publicPem), privateKey, publicPem };
}

export const signatureOf = (body: string | Buffer, { privateKey }: SigningKey): string => sign('sha256', Buffer.from(body), privateKey).toString('base64');

export async function startGithub(): Promise<GithubScanning> {
  const key = newKey();
  const listed = [key];
  let asked = 0;
  let how: ((response: ServerResponse) => void) | undefined;
  const server = createServer((_, response) => {
    asked += 1;
    if (how !== undefined) {
      how(response);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify({
      public_keys: listed.map(({ identifier, publicPem }) => ({ key_identifier: identifier, key: publicPem, is_current: identifier === key.identifier })),
    }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/meta/public_keys/secret_scanning`, asked: () => asked, key, newKey,
    answer: (other) => {
      how = other;
    },
    add: (added) => {
      listed.push(added);
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
