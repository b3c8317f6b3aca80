import { it } from '@jest/globals';
import { advance } from './advance.js';
import { emptyBaseline } from './state.js';
import { count, MONDAY, seeded } from './testing.js';
it('t', () => { for (let rep=0;rep<5;rep++){ const r=seeded(1); let t=process.cpuUsage().user; const c=Array.from({length:40000},()=>count(r,3)); const g=(process.cpuUsage().user-t)/1000; t=process.cpuUsage().user; let s=emptyBaseline(MONDAY); for(let m=0;m<40000;m++) s=advance(s,MONDAY+m,c[m]!).state; console.log('gen',g,'advance',(process.cpuUsage().user-t)/1000); } });
