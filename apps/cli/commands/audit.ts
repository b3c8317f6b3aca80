import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { readHeldCheckpoints, readPublicKeys, verifyFile, type Verdict } from '@keytrail/audit-proof';
import { AuditCheckpoint, CheckpointKeySet } from '@keytrail/contracts';
import { createApiClient } from '@keytrail/demo';
import { readConfig, UsageError } from '../config.js';
import type { CliIo } from '../io.js';
import { download } from './audit-download.js';
import { serverOptions, type ServerFlags } from './server-options.js';

interface ExportFlags extends ServerFlags {
  out?: string;
  from?: string;
  to?: string;
  fromIndex?: string;
}

interface BundleFlags extends ServerFlags { out?: string }

interface VerifyFlags {
  publicKey: string;
  checkpoint?: string;
  json?: boolean;
}

const EXIT_CODES: Record<Verdict['outcome'], number> = { whole: 0, tampered: 1, undecided: 2 };

/** `keytrail audit`: export the record, check it without a server, and fetch what to keep elsewhere. */
export function auditCommand(io: CliIo, done: (exitCode: number) => void): Command {
  const say = (lines: readonly string[]) => io.stdout.write(`${lines.join('\n')}\n`);
  const exporting = serverOptions(new Command('export'))
    .description('save the audit trail with its checkpoints, or a range of it, for `keytrail audit verify`')
    .option('--out <file>', 'where to; absent = standard output')
    .option('--from <time>', 'leave out what a checkpoint at or before this time covers, such as 2026-03-01T00:00:00Z')
    .option('--to <time>', 'end with the first checkpoint at or after this time')
    .option('--from-index <n>', 'leave out entries before this position in the tree')
    .action(async ({ from, to, fromIndex, ...flags }: ExportFlags) => {
      await download(readConfig(flags), '/v1/audit/export', { from, to, from_index: fromIndex }, flags.out, io);
      done(0);
    });
  const bundling = serverOptions(new Command('bundle'))
    .description('save an incident with its timeline, evidence and proven audit entries, for `keytrail audit verify`')
    .argument('<incident id>')
    .option('--out <file>', 'where to; absent = standard output')
    .action(async (incidentId: string, flags: BundleFlags) => {
      await download(readConfig(flags), `/v1/incidents/${encodeURIComponent(incidentId)}/bundle`, {}, flags.out, io);
      done(0);
    });
  const publicKey = serverOptions(new Command('public-key'))
    .description('print the public keys of the checkpoints (JSON Web Key Set); keep them where Keytrail cannot change them')
    .action(async (flags: ServerFlags) => {
      say([JSON.stringify(await createApiClient(readConfig(flags)).request('GET', '/v1/audit/public-keys', CheckpointKeySet, { signal: io.signal }))]);
      done(0);
    });
  const checkpoint = serverOptions(new Command('checkpoint'))
    .description('print the latest checkpoint; append it to a file elsewhere now and then, to tell later whether the record was written anew')
    .action(async (flags: ServerFlags) => {
      say([JSON.stringify(await createApiClient(readConfig(flags)).request('GET', '/v1/audit/checkpoints/latest', AuditCheckpoint, { signal: io.signal }))]);
      done(0);
    });
  const verify = new Command('verify')
    .description('check an export or an incident bundle, without a server; exit code 0: whole, 1: tampered with, 2: could not be read or compared')
    .argument('<file>', 'export or bundle; - is standard input')
    .requiredOption('--public-key <file>', 'public keys: JWK, JWK set or PEM')
    .option('--checkpoint <file>', 'checkpoints kept elsewhere, one on each line, that the record must agree with')
    .option('--json', 'print the verdict as one line of JSON')
    .action(async (file: string, flags: VerifyFlags) => {
      const keys = await understood(flags.publicKey, readPublicKeys);
      const held = flags.checkpoint === undefined ? [] : await understood(flags.checkpoint, (text) => readHeldCheckpoints(text, keys));
      const verdict = await verifyFile(file === '-' ? io.stdin : createReadStream(file), { keys, held });
      say(flags.json ? [JSON.stringify(verdict)] : [headlines[verdict.outcome], ...verdict.problems, ...verdict.notes].map((line, index) => (index === 0 ? line : `  ${line}`)));
      done(EXIT_CODES[verdict.outcome]);
    });
  return new Command('audit').description('export the audit trail and check that nobody tampered with it')
    .addCommand(exporting).addCommand(bundling).addCommand(verify).addCommand(publicKey).addCommand(checkpoint);
}

const headlines: Record<Verdict['outcome'], string> = { whole: 'whole', tampered: 'TAMPERED WITH', undecided: 'nothing wrong in it, but it could not be compared' };

/** A file as what it should hold; says which file does not. */
async function understood<T>(file: string, read: (text: string) => Promise<T>): Promise<T> {
  const text = await readFile(file, 'utf8');
  try {
    return await read(text);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}
