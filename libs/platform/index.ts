export const x: string = 'hi';
