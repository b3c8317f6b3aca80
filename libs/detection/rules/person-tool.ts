import { memo } from './memo.js';

/** What a person used. `scriptable`: as often found in scripts as in a person's hands, so weaker evidence. */
export interface PersonTool {
  tool: string;
  /** The desktop system the user agent names. */
  os?: string;
  scriptable: boolean;
}

const apiClients: readonly [RegExp, string][] = [
  [/\bPostmanRuntime\//i, 'Postman'], [/\binsomnia\//i, 'Insomnia'], [/\bbruno-runtime\//i, 'Bruno'],
  [/\bIntelliJ HTTP Client/i, 'IntelliJ HTTP Client'], [/\bvscode-restclient\b/i, 'VS Code REST Client'],
  [/\bThunder Client\b/i, 'Thunder Client'], [/\b(?:Paw|RapidAPI)\/\d/i, 'RapidAPI'],
];

const scriptableTools: readonly [RegExp, string][] = [
  [/^HTTPie\//i, 'HTTPie'], [/^curl\//i, 'curl'], [/^Wget\//i, 'Wget'], [/^xh\//i, 'xh'], [/PowerShell\/\d/i, 'PowerShell'],
];

const browsers: readonly [RegExp, string][] = [
  [/\bFirefox\//, 'Firefox'], [/\bEdgA?\//, 'Edge'], [/\bOPR\//, 'Opera'], [/\bChrome\//, 'Chrome'], [/\bCriOS\//, 'Chrome'],
  [/\bVersion\/\S+.*\bSafari\//, 'Safari'],
];

/** `console.ec2.amazonaws.com`, `EC2ConsoleFrontend, …`, `S3Console/0.4, …`: the console acts for the person signed in to it. */
const awsConsole = /^(?:(?:console|signin)(?:\.[a-z0-9-]+)*\.amazonaws\.com|[A-Za-z0-9]*Console[A-Za-z]*\b|AWSCloudShell)|\bexec-env\/CloudShell\b/;
const machine = /(?:bot|crawler|spider)\b|HeadlessChrome|\bcompatible;/i;

/** Desktop systems as browsers, the AWS command line (1 and 2), Go, Rust and Java programs write them. Windows Server is no desktop. */
const desktops: readonly [RegExp, string][] = [
  [/\b(?:iPhone|iPad)\b/, 'iOS'], [/\bAndroid\b/, 'Android'],
  [/\bDarwin\b|\bmac ?os\b|\bMacintosh\b/i, 'macOS'],
  [/\bWindows(?:\/|#|_|\b)(?!\S*Server)(?! Server)/i, 'Windows'],
  [/-microsoft-standard|-WSL2?\b/i, 'WSL'],
  [/\b(kali|parrot|pentoo)\b|-(?:kali|parrot|pentoo)\d*\b/i, 'a penetration-testing Linux'],
];

/**
 * Whether a user agent is a person's tool: a browser, an API client, the AWS console, or any program on a desktop system (an AWS
 * command line on a laptop). Null for what machines run: SDKs and command lines on servers. CloudTrail's brackets are ignored.
 */
export const personTool: (userAgent: string) => PersonTool | null = memo((userAgent) => {
  const agent = userAgent.trim().replace(/^\[(.*)\]$/s, '$1').trim().slice(0, 1024);
  if (agent === '' || machine.test(agent)) return null;
  if (awsConsole.test(agent)) return { tool: 'AWS console', scriptable: false };
  const os = firstOf(desktops, agent);
  const named = (tool: string, scriptable: boolean): PersonTool => (os === undefined ? { tool, scriptable } : { tool, os, scriptable });

  const client = firstOf(apiClients, agent);
  if (client !== undefined) return named(client, false);
  const script = firstOf(scriptableTools, agent);
  if (script !== undefined) return named(script, true);
  if (/^(?:Mozilla|Opera)\//.test(agent)) {
    const browser = firstOf(browsers, agent);
    return browser === undefined ? null : named(browser, false);
  }
  const program = /^[A-Za-z][\w.+-]*/.exec(agent)?.[0];
  return os === undefined || program === undefined ? null : { tool: program, os, scriptable: false };
}, 20_000);

const firstOf = (table: readonly [RegExp, string][], agent: string): string | undefined =>
  table.find(([pattern]) => pattern.test(agent))?.[1];
