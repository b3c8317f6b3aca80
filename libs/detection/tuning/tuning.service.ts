import { Injectable } from '@nestjs/common';
import type { AssumedSettings } from './what-if.js';

interface Tunable<Settings> { id: string; settings: Settings }

/** What people set of the rules. */
@Injectable()
export class Tuning {
  private assumed: AssumedSettings = new Map();

  /** From now on these settings count before all others. For a process that detects for no other purpose. */
  assume(settings: AssumedSettings): void {
    this.assumed = settings;
  }

  /** The settings a rule is to judge by. */
  settingsOf<Settings>(rule: Tunable<Settings>): Settings {
    const assumed = this.assumed.get(rule.id);
    return assumed === undefined ? rule.settings : { ...rule.settings, ...assumed };
  }
}
