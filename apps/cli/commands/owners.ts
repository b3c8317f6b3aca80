import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command, InvalidArgumentError, Option } from 'commander';
import { AbsentOwners, OwnerFeedFormat, OwnerImport } from '@keytrail/contracts';
import { createApiClient } from '@keytrail/demo';
import { readConfig } from '../config.js';
import type { CliIo } from '../io.js';
import { serverOptions, type ServerFlags } from './server-options.js';

interface ImportFlags extends ServerFlags {
  format?: OwnerFeedFormat;
  dryRun?: boolean;
  source?: string;
  create: boolean;
  absent: AbsentOwners;
  mostLeft?: number;
  workspace?: string;
  json?: boolean;
}

const SHOWN = 20;

function count(value: string): number {
  if (!/^\d{1,6}$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}

const formatOf = (file: string): OwnerFeedFormat => (/\.csv$/i.test(file) ? 'csv' : /\.json$/i.test(file) ? 'scim' : 'codeowners');

/** `keytrail owners`: who owns keys, as other systems tell it. */
export function ownersCommand(io: CliIo, done: (exitCode: number) => void): Command {
  const imports = serverOptions(new Command('import'))
    .description('take owners, and whose keys are, from a file; exit code 1: some lines were left out')
    .argument('<file>', 'a CSV table, a CODEOWNERS-like file, or SCIM users as JSON; - is standard input')
    .addOption(new Option('--format <format>', 'what the file is; default: by its name, .csv, .json, or any other').choices(OwnerFeedFormat.options))
    .option('--dry-run', 'say what would be done, change nothing')
    .option('--source <name>', 'what it comes from; default: the format')
    .option('--no-create', 'make no owners, change those that are there')
    .addOption(new Option('--absent <what>', 'owners that this source told of before, and does not any more').choices(AbsentOwners.options).default('keep'))
    .option('--most-left <n>', 'so many owners may leave by this', count)
    .option('--workspace <id>', 'of a CODEOWNERS-like file: keys of this workspace only')
    .option('--json', 'print the answer as one line of JSON')
    .action(async (file: string, flags: ImportFlags) => {
      const content = file === '-' ? await text(io.stdin) : await readFile(file, 'utf8');
      const { format = formatOf(file), dryRun = false, source, create, absent, mostLeft, workspace } = flags;
      const answer = await createApiClient(readConfig(flags)).request('POST', '/v1/owners/import', OwnerImport, {
        json: { format, content, dry_run: dryRun, source, create, absent, most_left: mostLeft, workspace }, replayable: true, signal: io.signal,
      });
      for (const line of flags.json ? [JSON.stringify(answer)] : describe(answer)) io.stdout.write(`${line}\n`);
      done(answer.counts.refused > 0 || answer.left_limit.exceeded ? 1 : 0);
    });
  return new Command('owners').description('who owns keys').addCommand(imports);
}

function describe({ dry_run, counts, left_limit, created, changed, left, reassigned, refused, notes }: OwnerImport): string[] {
  const keys = `${counts.reassigned} ${counts.reassigned === 1 ? 'key' : 'keys'} given to others`;
  return [
    `${dry_run ? 'dry run: ' : ''}${counts.created} made, ${counts.changed} changed, ${counts.left} left, ${keys}, ${counts.unchanged} as before, ${counts.refused} refused`,
    ...some(created.map(({ line, name }) => `  line ${line}: makes ${name}`)),
    ...some(changed.map(({ line, name, fields }) => `  line ${line}: changes ${name}: ${fields.join(', ')}`)),
    ...some(left.map(({ line, name, active_keys, action }) => `  ${line === null ? 'absent' : `line ${line}`}: ${name} left, with ${active_keys} active ${active_keys === 1 ? 'key' : 'keys'}${action?.call == null ? '' : `; ${action.call}`}`)),
    ...some(reassigned.map(({ line, name, key_id, from, to }) => `  line ${line}: ${name} (${key_id}) from ${from.name} to ${to.name}`)),
    ...some(notes.map(({ line, message }) => `  ${line === null ? 'note' : `line ${line}`}: ${message}`)),
    ...refused.map(({ line, code, message }) => `  line ${line} refused: ${code}: ${message}`),
    ...(left_limit.exceeded ? [`more would leave than the ${left_limit.most} that may: nothing will be done, unless --most-left says so`] : []),
  ];
}

const some = (lines: readonly string[]): string[] => (lines.length <= SHOWN ? [...lines] : [...lines.slice(0, SHOWN), `  and ${lines.length - SHOWN} more`]);
