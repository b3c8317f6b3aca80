// What a fault campaign says in the end: an exit code, a line of JSON, and why.

export const OK = 0;
export const MISMATCH = 1;
export const COULD_NOT_RUN = 2;

/**
 * @param {readonly object[]} parts  what the campaign and its control reported for each kind of stores
 * @param {{ stores: readonly string[], finished: boolean }} asked  the stores asked for, and whether everything ended in good order
 * @returns {{ code: number, outcome: object | undefined, reasons: string[] }} `outcome` is undefined when nothing was compared
 */
export function verdictOf(parts, { stores, finished }) {
  const of = (part) => stores.map((name) => parts.find((found) => found.part === part && found.stores === name));
  const compared = of('campaign').filter((part) => part !== undefined && part.could_not_run === undefined);
  const controls = of('control').filter((part) => part !== undefined && part.could_not_run === undefined);
  const mismatches = [
    ...compared.filter(disagrees).map(({ stores: name, missing, doubled, rollup_mismatches, examples, stuck }) => [
      `on ${name}: ${missing} missing, ${doubled} doubled, ${rollup_mismatches} rollup mismatches`, ...examples, ...(stuck === undefined ? [] : [stuck]),
    ].join('\n  ')),
    ...controls.filter(({ control_failed }) => !control_failed).map(({ stores: name }) => `on ${name}: the control without deduplication was not found out`),
  ];
  const notRun = [
    ...stores.flatMap((name, index) => [['campaign', of('campaign')[index]], ['control', of('control')[index]]]
      .filter(([, part]) => part === undefined || part.could_not_run !== undefined)
      .map(([what, part]) => `the ${what} on ${name} could not run${part === undefined ? '' : `: ${part.could_not_run}`}`)),
    ...(finished || mismatches.length > 0 ? [] : ['the test run did not end well']),
  ];
  const code = mismatches.length > 0 ? MISMATCH : notRun.length > 0 ? COULD_NOT_RUN : OK;
  return { code, outcome: compared.length === 0 ? undefined : outcomeOf(compared, controls, stores), reasons: [...mismatches, ...notRun.filter(() => code !== OK)] };
}

const disagrees = ({ missing, doubled, rollup_mismatches, stuck }) => missing > 0 || doubled > 0 || rollup_mismatches > 0 || stuck !== undefined;

/** `control_failed`: deduplication switched off was found out, as it must be; null when not every control ran. */
function outcomeOf(compared, controls, stores) {
  const sum = (field) => compared.reduce((total, part) => total + part[field], 0);
  const kinds = {};
  for (const part of compared) for (const [kind, count] of Object.entries(part.kinds)) kinds[kind] = (kinds[kind] ?? 0) + count;
  return {
    kills: Object.values(kinds).reduce((total, count) => total + count, 0), kinds, rows: sum('rows'), missing: sum('missing'), doubled: sum('doubled'),
    rollup_mismatches: sum('rollup_mismatches'),
    control_failed: controls.some(({ control_failed }) => !control_failed) ? false : controls.length === stores.length ? true : null,
  };
}
