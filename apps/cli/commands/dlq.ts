import { Command, InvalidArgumentError, Option } from 'commander';
import { DeadLetter, DeadLetterPage, ReplayResult, RequestLogFormat } from '@keytrail/contracts';
import { createApiClient, type ApiClient } from '@keytrail/demo';
import { readConfig, UsageError } from '../config.js';
import type { CliIo } from '../io.js';
import { serverOptions, type ServerFlags } from './server-options.js';

interface FilterFlags {
  workspace?: string;
  source?: string;
  code?: string;
  from?: string;
  to?: string;
}

interface ListFlags extends ServerFlags, FilterFlags {
  all?: boolean;
  limit: number;
  json?: boolean;
}

interface ReplayFlags extends ServerFlags, FilterFlags {
  all?: boolean;
  asFormat?: RequestLogFormat;
  asWorkspace?: string;
  dryRun?: boolean;
  json?: boolean;
}

/** As many as a call takes. */
const LETTERS_A_CALL = 100;
const SHOWN = 20;

function count(value: string): number {
  const number = Number(value);
  if (!/^\d{1,4}$/.test(value) || number < 1 || number > 1000) throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
  return number;
}

const filterOptions = (command: Command): Command => command
  .option('--workspace <id>', 'of this workspace')
  .addOption(new Option('--source <source>', 'that came over').choices(['http', 'kafka']))
  .option('--code <code>', 'refused for this reason, such as unknown_workspace')
  .option('--from <time>', 'received at or after, such as 2026-03-01T00:00:00Z')
  .option('--to <time>', 'received before');

function filterOf({ workspace, source, code, from, to }: FilterFlags): FilterFlags {
  return Object.fromEntries(Object.entries({ workspace, source, code, from, to }).filter(([, value]) => value !== undefined));
}

/** `keytrail dlq`: what could not be stored, and storing it after all. */
export function dlqCommand(io: CliIo, done: (exitCode: number) => void): Command {
  const say = (lines: readonly string[]) => { for (const line of lines) io.stdout.write(`${line}\n`); };
  const list = filterOptions(serverOptions(new Command('list')))
    .description('dead letters that wait, newest first')
    .option('--all', 'those that were replayed as well')
    .option('--limit <n>', 'letters to show', count, 100)
    .option('--json', 'print each as one line of JSON')
    .action(async (flags: ListFlags) => {
      const page = await createApiClient(readConfig(flags)).request('GET', '/v1/dead-letters', DeadLetterPage, {
        query: { ...filterOf(flags), limit: flags.limit, ...(!flags.all && { state: 'waiting' }) }, signal: io.signal,
      });
      say(page.data.map((letter) => (flags.json ? JSON.stringify(letter) : summaryOf(letter))));
      if (!flags.json && page.next_cursor !== null) say([`more than ${flags.limit}: narrow them down, or raise --limit`]);
    });
  const show = serverOptions(new Command('show'))
    .description('one dead letter with its payload, redacted')
    .argument('<id>', 'its id')
    .option('--json', 'print it as one line of JSON')
    .action(async (id: string, flags: ServerFlags & { json?: boolean }) => {
      const letter = await createApiClient(readConfig(flags)).request('GET', `/v1/dead-letters/${encodeURIComponent(id)}`, DeadLetter, { signal: io.signal });
      say(flags.json ? [JSON.stringify(letter)] : describe(letter));
    });
  const replay = filterOptions(serverOptions(new Command('replay')))
    .description('store dead letters after all, each once however often it is replayed; those that cannot be stored stay')
    .argument('[ids...]', 'their ids; without any, say which by options or --all')
    .option('--all', 'all that wait')
    .addOption(new Option('--as-format <format>', 'read them as this format').choices(RequestLogFormat.options))
    .option('--as-workspace <id>', 'workspace of lines that name none')
    .option('--dry-run', 'say what would become of them, change nothing')
    .option('--json', 'print what became of each as one line of JSON')
    .action(async (ids: string[], flags: ReplayFlags) => {
      done(await replayAll(createApiClient(readConfig(flags)), ids, flags, io, say));
    });
  return new Command('dlq').description('look at dead letters and replay them').addCommand(list).addCommand(show).addCommand(replay);
}

/** 0 when every letter is stored, else 1. */
async function replayAll(client: ApiClient, ids: readonly string[], flags: ReplayFlags, io: CliIo, say: (lines: readonly string[]) => void): Promise<number> {
  const filter = filterOf(flags);
  const named = [ids.length > 0, Object.keys(filter).length > 0, flags.all === true].filter(Boolean).length;
  if (named !== 1) throw new UsageError('say which letters to replay: by their ids, or by options such as --code, or --all');
  let [replayed, total, earlier] = [0, 0, 0];
  const stay: string[] = [];
  for await (const result of replays(client, ids, filter, flags, io)) {
    replayed += result.replayed;
    total += result.data.length;
    if (flags.json) say(result.data.map((letter) => JSON.stringify(letter)));
    for (const { dead_letter_id, outcome, code, reason } of result.data) {
      if (outcome === 'replayed' || outcome === 'would_be_replayed') continue;
      if (outcome === 'already_replayed') earlier += 1;
      else stay.push(`  ${dead_letter_id}: ${outcome}${code === null ? '' : `: ${code}`}${reason === null ? '' : `: ${reason}`}`);
    }
  }
  if (!flags.json) {
    const counts = [`${replayed} ${flags.dryRun ? 'would be stored' : 'stored'}`, ...(earlier > 0 ? [`${earlier} already replayed`] : []),
      `${stay.length} ${stay.length === 1 ? 'stays' : 'stay'}`];
    say([`${total} dead ${total === 1 ? 'letter' : 'letters'}: ${counts.join(', ')}`, ...stay.slice(0, SHOWN)]);
    if (stay.length > SHOWN) say([`  and ${stay.length - SHOWN} more`]);
  }
  return stay.length > 0 ? 1 : 0;
}

async function* replays(client: ApiClient, ids: readonly string[], filter: FilterFlags, flags: ReplayFlags, io: CliIo): AsyncGenerator<ReplayResult> {
  const as = { format: flags.asFormat, workspace: flags.asWorkspace, dry_run: flags.dryRun ?? false };
  // Once each however often it is asked: a lost answer is no reason not to ask again.
  const ask = (json: object) => client.request('POST', '/v1/dead-letters/replay', ReplayResult, { json: { ...json, ...as }, replayable: true, signal: io.signal });
  for (let start = 0; start < ids.length; start += LETTERS_A_CALL) yield await ask({ dead_letter_ids: ids.slice(start, start + LETTERS_A_CALL) });
  if (ids.length > 0) return;
  let cursor: string | null = null;
  do {
    const result: ReplayResult = await ask({ filter, limit: LETTERS_A_CALL, ...(cursor !== null && { cursor }) });
    yield result;
    cursor = result.next_cursor;
  } while (cursor !== null);
}

const summaryOf = ({ dead_letter_id, received_at, workspace_id, position, code, reason, replayed_at }: DeadLetter): string =>
  `${dead_letter_id}  ${received_at}  ${workspace_id || '-'}  ${position}  ${code}: ${reason}${replayed_at === null ? '' : `  (replayed ${replayed_at})`}`;

function describe(letter: DeadLetter): string[] {
  const { dead_letter_id, received_at, workspace_id, source, position, format, code, reason, sha256, requests, whole, replayed_at, replayed_by, payload } = letter;
  return [
    `${dead_letter_id}, received ${received_at}`,
    `workspace: ${workspace_id || 'not known'}`, `source:    ${source}, ${position}, read as ${format ?? 'not known'}`,
    `refused:   ${code}: ${reason}${requests === 1 ? '' : ` (${requests} requests)`}`, `sha256:    ${sha256}`,
    `replayed:  ${replayed_at === null ? 'no' : `${replayed_at} by ${replayed_by ?? ''}`}`,
    `payload${whole ? '' : ' (not the whole line)'}:`, payload,
  ];
}
