/** Two digits after the point. */
export const round = (value: number): number => Math.round(value * 100) / 100;

/** For people, with one digit after the point below ten: `9.8`, `31`. */
export const figure = (value: number): string => (value < 10 ? String(Math.round(value * 10) / 10) : String(Math.round(value)));
