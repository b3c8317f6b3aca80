import { ConsoleLogger } from '@nestjs/common';

const FRAMEWORK = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/** Log lines: readable on a terminal, JSON elsewhere. The framework's own start-up chatter is left out. */
export class AppLogger extends ConsoleLogger {
  constructor(options: { json: boolean; quiet?: boolean }) {
    super({ json: options.json, colors: !options.json, logLevels: options.quiet ? ['warn', 'error', 'fatal'] : ['log', 'warn', 'error', 'fatal'] });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && FRAMEWORK.has(context)) return;
    super.log(message, ...(rest as [string]));
  }

  /** That listening failed is thrown too, and told by whoever catches it. */
  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) === 'NestApplication' && /\blisten E[A-Z]+/.test(String(message))) return;
    super.error(message, ...(rest as [string]));
  }
}
