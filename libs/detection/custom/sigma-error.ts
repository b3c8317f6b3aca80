/** A rule that cannot be taken, with where and why; the message names what is not supported. */
export class SigmaError extends Error {
  override readonly name = 'SigmaError';
}

export const refuse = (where: string, why: string): never => {
  throw new SigmaError(`${where}: ${why}`);
};
