import { emptyKeyBaseline, type BaselineState, type Episode, type KeyBaseline, type ShareState, type Shares } from '../baseline/index.js';
import type { Gauge } from '../baseline/gauge.js';
import { emptyReach } from '../reach.js';
import { FieldReader, FieldWriter, noViews, type Fields, type Place } from './fields.js';
import type { KeyWatch, MinuteCount } from '../watch.js';

const MOST_HABITS = 12;
const CLOCK = 4;
/** Room for the last minutes of a key: an hour and those that are open. */
const MOST_RECENT = 64;

/**
 * A watch in numbers, all of one size, in this order. What was stored is read by it: what comes to be known of keys is added at the end
 * (`describeLater`), and what is not known any more keeps its place.
 */
function describe(io: Fields, watch: KeyWatch): void {
  watch.first_seen = io.number(watch.first_seen);
  watch.prior.requests = io.number(watch.prior.requests);
  watch.prior.denied = io.number(watch.prior.denied);
  describeRate(io, watch.baseline);
  describeShares(io, watch.shares);
}

/** What `describe` begins with. */
export const firstSeenAt = ({ doubles, doublesAt }: Place): number => doubles[doublesAt]!;

/** What watches did not hold from the beginning; of those stored before it is as of a new key. */
function describeLater(io: Fields, { baseline, shares }: KeyWatch): void {
  baseline.extremes = io.sums(baseline.extremes);
  baseline.drop_extremes = io.sums(baseline.drop_extremes);
  shares.errors.extremes = io.sums(shares.errors.extremes);
  shares.denied.extremes = io.sums(shares.denied.extremes);
  baseline.bursts = io.sums(baseline.bursts);
  describeQuiet(io, baseline);
  describeQuiet(io, shares.errors);
  describeQuiet(io, shares.denied);
}

function describeReach(io: Fields, { reach }: KeyWatch): void {
  reach.block = io.number(reach.block);
  reach.bits = io.sums(reach.bits);
  reach.bytes = io.number(reach.bytes);
  reach.told = io.sums(reach.told);
  describeGauge(io, reach.addresses);
  describeGauge(io, reach.volume);
}

function describeGauge(io: Fields, gauge: Gauge): void {
  gauge.means = io.floats(gauge.means);
  gauge.seen = io.floats(gauge.seen);
  gauge.spread = io.sums(gauge.spread);
  gauge.extremes = io.sums(gauge.extremes);
  gauge.unrest = io.number(gauge.unrest);
}

function describeQuiet(io: Fields, scatter: Pick<BaselineState, 'quiet_excess' | 'quiet_expected'>): void {
  scatter.quiet_excess = io.sums(scatter.quiet_excess);
  scatter.quiet_expected = io.sums(scatter.quiet_expected);
}

function describeRate(io: Fields, state: BaselineState): void {
  state.started = io.number(state.started);
  state.closed = io.number(state.closed);
  state.rates = io.floats(state.rates);
  state.weeks = io.floats(state.weeks);
  state.overall = io.number(state.overall);
  state.hour_spread = io.number(state.hour_spread);
  state.day_spread = io.number(state.day_spread);
  state.hour_scatter = io.number(state.hour_scatter);
  state.minutes = io.floats(state.minutes);
  state.minutes_mean = io.number(state.minutes_mean);
  state.minute_spread = io.number(state.minute_spread);
  state.misfit.ramp = io.number(state.misfit.ramp);
  state.misfit.step = io.number(state.misfit.step);
  describeLevel(io, state.level);
  describeLevel(io, state.brisk);
  describeScatter(io, state);
  state.recent = io.floats(state.recent);
  state.recent_expected = io.floats(state.recent_expected);
  state.recent_least = io.floats(state.recent_least);
  state.hour.minutes = io.number(state.hour.minutes);
  state.hour.requests = io.number(state.hour.requests);
  state.hour.seen = io.number(state.hour.seen);
  state.hour.expected = io.number(state.hour.expected);
  describeHabits(io, state);
  describeClock(io, state);
  state.episode = describeEpisode(io, state.episode);
  state.drop = describeEpisode(io, state.drop);
  state.drop_armed = io.flag(state.drop_armed);
  state.unrest = io.number(state.unrest);
}

function describeScatter(io: Fields, scatter: Pick<BaselineState, 'variance' | 'squares' | 'open_seen' | 'open_expected'>): void {
  scatter.variance = io.sums(scatter.variance);
  scatter.squares = io.sums(scatter.squares);
  scatter.open_seen = io.sums(scatter.open_seen);
  scatter.open_expected = io.sums(scatter.open_expected);
}

function describeLevel(io: Fields, level: BaselineState['level']): void {
  level.seen = io.number(level.seen);
  level.expected = io.number(level.expected);
}

function describeHabits(io: Fields, state: BaselineState): void {
  const count = io.float(state.habits.length);
  if (count !== state.habits.length) state.habits = Array.from({ length: count }, () => ({ slot: 0, size: 0, days: 0, last_day: 0 }));
  for (const habit of state.habits) {
    habit.slot = io.float(habit.slot);
    habit.size = io.float(habit.size);
    habit.days = io.float(habit.days);
    habit.last_day = io.float(habit.last_day);
  }
  io.skip(4 * (MOST_HABITS - count));
}

/** Not there: -1; turned: 0. */
function describeClock(io: Fields, state: BaselineState): void {
  const count = io.float(state.clock?.length ?? -1);
  if (count < 0) state.clock = null;
  else if (state.clock?.length !== count) state.clock = new Array<number>(count).fill(0);
  if (state.clock) for (let index = 0; index < count; index += 1) state.clock[index] = io.float(state.clock[index]!);
  io.skip(CLOCK - Math.max(0, count));
}

/** Episodes are never changed in place. */
function describeEpisode(io: Fields, episode: Episode | null): Episode | null {
  const started_at = io.number(episode?.started_at ?? NaN);
  const last_high = io.number(episode?.last_high ?? NaN);
  const peak_score = io.number(episode?.peak_score ?? NaN);
  const ended_at = io.number(episode?.ended_at ?? NaN);
  return Number.isNaN(started_at) ? null : { started_at, last_high, peak_score, ended_at: Number.isNaN(ended_at) ? null : ended_at };
}

function describeShares(io: Fields, shares: Shares): void {
  shares.closed = io.number(shares.closed);
  shares.calls = io.floats(shares.calls);
  describeShare(io, shares.errors);
  describeShare(io, shares.denied);
  shares.apart = io.flag(shares.apart);
}

function describeShare(io: Fields, share: ShareState): void {
  share.started = io.number(share.started);
  share.overall = io.number(share.overall);
  share.usual.calls = io.number(share.usual.calls);
  share.usual.events = io.number(share.usual.events);
  share.hour.calls = io.number(share.hour.calls);
  share.hour.events = io.number(share.hour.events);
  describeScatter(io, share);
  share.recent = io.floats(share.recent);
  share.episode = describeEpisode(io, share.episode);
  share.unrest = io.number(share.unrest);
}

/** Always takes the same room. */
function writeRecent(io: FieldWriter, { recent, baseline: { closed } }: KeyWatch): void {
  const from = Math.max(0, recent.length - MOST_RECENT);
  io.float(recent.length - from);
  for (let index = from; index < recent.length; index += 1) {
    const { minute, requests, denied, errors } = recent[index]!;
    io.float(minute - closed);
    io.float(requests);
    io.float(denied);
    io.float(errors);
  }
  io.skip(4 * (MOST_RECENT - recent.length + from));
}

/** `counts` are used again. */
function readRecent(io: FieldReader, watch: KeyWatch, counts: readonly MinuteCount[]): void {
  const { closed } = watch.baseline;
  const length = io.float();
  for (let index = 0; index < length; index += 1) {
    const count = counts[index]!;
    count.minute = closed + io.float();
    count.requests = io.float();
    count.denied = io.float();
    count.errors = io.float();
  }
  watch.recent = counts.slice(0, length);
  io.skip(4 * (MOST_RECENT - length));
}

/** An empty watch to read into. */
export function emptyWatch(): KeyWatch {
  const { rate, shares } = emptyKeyBaseline(0);
  return { baseline: rate, shares, first_seen: 0, recent: [], prior: { requests: 0, denied: 0 }, reach: emptyReach() };
}

function write(watch: KeyWatch, io: FieldWriter): FieldWriter {
  describe(io, watch);
  writeRecent(io, watch);
  describeLater(io, watch);
  describeReach(io, watch);
  return io;
}

/** How many numbers of each sort a watch takes. */
export const watchSize = (() => {
  const { place: { floatsAt, doublesAt } } = write(emptyWatch(), new FieldWriter());
  return { floats: floatsAt, doubles: doublesAt };
})();

export const emptyPlace = (): Place =>
  ({ floats: new Float32Array(watchSize.floats), floatsAt: 0, doubles: new Float64Array(watchSize.doubles), doublesAt: 0 });

/**
 * A table at which one watch after the other is worked on: its numbers come and go in one piece, and its long arrays are views of them. There
 * is one watch, good until the next is read.
 */
export class WatchTable {
  private readonly watch = emptyWatch();
  private readonly counts: MinuteCount[] = Array.from({ length: MOST_RECENT }, () => ({ minute: 0, requests: 0, denied: 0, errors: 0 }));
  private readonly place = emptyPlace();
  private readonly views = noViews();
  private readonly reader = new FieldReader({ ...this.place }, this.views);
  private readonly writer = new FieldWriter({ ...this.place }, this.views);

  read(from: Place): KeyWatch {
    copyNumbers(from, this.place);
    const io = this.reader.restart();
    describe(io, this.watch);
    readRecent(io, this.watch, this.counts);
    describeLater(io, this.watch);
    describeReach(io, this.watch);
    return this.watch;
  }

  /** Writes any watch down, in the least time the one that was read last. */
  write(watch: KeyWatch, to: Place): void {
    write(watch, this.writer.restart());
    copyNumbers(this.place, to);
  }

  /** Reads what another watch holds, but for its last minutes. */
  copy(of: KeyBaseline): KeyBaseline {
    const { watch, writer, reader } = this;
    const source: KeyWatch = { ...watch, recent: [], baseline: of.rate, shares: of.shares };
    write(source, writer.restart());
    describe(reader.restart(), watch);
    readRecent(reader, watch, this.counts);
    describeLater(reader, watch);
    describeReach(reader, watch);
    return { rate: watch.baseline, shares: watch.shares };
  }
}

function copyNumbers(from: Place, to: Place): void {
  to.doubles.set(from.doubles.subarray(from.doublesAt, from.doublesAt + watchSize.doubles), to.doublesAt);
  to.floats.set(from.floats.subarray(from.floatsAt, from.floatsAt + watchSize.floats), to.floatsAt);
}
