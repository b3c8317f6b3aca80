import 'reflect-metadata';
import { collect } from './collect/collect.js';

const [bench, ...args] = process.argv.slice(2);
if (bench !== 'collect') throw new Error(`there is no bench ${bench ?? ''}; there is: collect`);
await collect(args);
