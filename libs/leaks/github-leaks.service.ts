import { Injectable } from '@nestjs/common';
import { Authentication } from '@keytrail/access';
import { GithubLeakReport, type GithubLeakAnswer } from '@keytrail/contracts';
import { AppError, WorkspaceScope, badRequest, parseJson } from '@keytrail/platform';
import { GithubKeyList } from './github-key-list.service.js';
import { isSignedBy } from './github-signature.js';
import { itemsOfGithub, tokenHash } from './leak-items.js';
import { LeakIntake } from './leak-intake.service.js';
import { LeakSettings } from './leaks.settings.js';

/** One report holds so many matches at most. */
const MOST_MATCHES = 50_000;

export interface GithubCall {
  address: string;
  request_id: string;
  /** The bytes as they came. */
  body: unknown;
  encoding: string | undefined;
  identifier: string | undefined;
  signature: string | undefined;
}

/** Reports of GitHub's secret scanning. Nothing of a body is looked at before its signature is good. */
@Injectable()
export class GithubLeaks {
  constructor(
    private readonly settings: LeakSettings, private readonly keyList: GithubKeyList, private readonly intake: LeakIntake,
    private readonly authentication: Authentication,
  ) {}

  async take(call: GithubCall): Promise<GithubLeakAnswer> {
    const body = await this.signedBody(call);
    const report = readReport(body);
    if (report.length === 0) return [];
    const reporter = { actor: 'github', address: call.address, request_id: call.request_id };
    const { recognised } = await this.intake.take(reporter, { source: 'github', note: null, body, items: itemsOfGithub(report), scope: WorkspaceScope.all });
    return report.map(({ token, type }) => ({
      token_hash: tokenHash(token), token_type: type, label: 'key' in recognised.get(`token ${token}`)! ? 'true_positive' : 'false_positive',
    }));
  }

  private async signedBody({ address, body, encoding, identifier, signature }: GithubCall): Promise<Buffer> {
    if (this.settings.githubKeysUrl === undefined) {
      throw new AppError({ code: 'not_configured', status: 404, message: 'Reports of GitHub are not taken here: KEYTRAIL_GITHUB_KEYS_URL is not set.' });
    }
    if (encoding !== undefined) throw new AppError({ code: 'unsupported_media_type', status: 415, message: 'This route takes JSON, not compressed.' });
    if (identifier === undefined || signature === undefined || !Buffer.isBuffer(body)) return this.refuse(address, 'unsigned', 'Send Github-Public-Key-Identifier and Github-Public-Key-Signature over the body.');
    const verdict = await this.keyList.find(identifier);
    if ('undecided' in verdict) {
      throw new AppError({ code: 'key_list_unavailable', status: 503, message: 'GitHub\'s public keys cannot be asked for at the moment. Send this again later.', retryAfter: verdict.undecided });
    }
    if ('unknown' in verdict) return this.refuse(address, 'unknown_signing_key', 'GitHub has no public key of this identifier.');
    return isSignedBy(verdict.key, body, signature) ? body : this.refuse(address, 'bad_signature', 'The signature is not that of GitHub over this body.');
  }

  private async refuse(address: string, code: string, message: string): Promise<never> {
    await this.authentication.countFailure(address);
    throw new AppError({ code, status: 403, message });
  }
}

function readReport(body: Buffer): GithubLeakReport {
  const parsed = GithubLeakReport.safeParse(parseJson(body));
  if (!parsed.success) throw badRequest('invalid_request', 'The report is not an array of objects with a token each.');
  if (parsed.data.length > MOST_MATCHES) throw new AppError({ code: 'too_many_matches', status: 413, message: `One report takes ${MOST_MATCHES} matches at most.` });
  return parsed.data;
}
