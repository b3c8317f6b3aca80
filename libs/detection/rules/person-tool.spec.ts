import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { personTool } from './person-tool.js';

describe('personTool', () => {
  it.each([
    ['[aws-cli/1.18.136 Python/3.8.5 Darwin/19.5.0 botocore/1.17.59]', 'aws-cli', 'macOS'],
    ['aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/macos#23.5.0 md/arch#arm64 lang/python#3.11.8', 'aws-cli', 'macOS'],
    ['aws-cli/2.15.0 Python/3.11.6 Windows/10 exe/AMD64 prompt/off command/s3.ls', 'aws-cli', 'Windows'],
    ['aws-cli/2.17.0 ua/2.0 os/windows#10 md/arch#amd64', 'aws-cli', 'Windows'],
    ['aws-cli/2.15.0 Python/3.11.6 Linux/5.15.90.1-microsoft-standard-WSL2 exe/x86_64', 'aws-cli', 'WSL'],
    ['aws-cli/1.22.34 Python/3.10 Linux/6.1.0-kali5-amd64 botocore/1.23', 'aws-cli', 'a penetration-testing Linux'],
    ['Boto3/1.26.0 Python/3.10 Darwin/22.1.0 Botocore/1.29.0', 'Boto3', 'macOS'],
    ['aws-sdk-go/1.44.0 (go1.19; darwin; arm64) S3Manager', 'aws-sdk-go', 'macOS'],
    ['kubectl/v1.28.2 (darwin/arm64) kubernetes/89a4ea3', 'kubectl', 'macOS'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36', 'Chrome', 'macOS'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox', 'Windows'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0', 'Edge', 'Windows'],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36', 'Chrome', undefined],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1', 'Safari', 'iOS'],
    ['PostmanRuntime/7.39.0', 'Postman', undefined],
    ['insomnia/9.2.0', 'Insomnia', undefined],
    ['HTTPie/3.2.2', 'HTTPie', undefined],
    ['curl/8.6.0', 'curl', undefined],
    ['Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041', 'PowerShell', 'Windows'],
    ['console.ec2.amazonaws.com', 'AWS console', undefined],
    ['console.amazonaws.com', 'AWS console', undefined],
    ['signin.amazonaws.com', 'AWS console', undefined],
    ['EC2ConsoleFrontend, aws-internal/3 aws-sdk-java/1.11.848 Linux/4.9.217 OpenJDK_64-Bit_Server_VM/25.262', 'AWS console', undefined],
    ['[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11.1030 Linux/5.4]', 'AWS console', undefined],
    ['aws-cli/2.7.35 Python/3.9.11 Linux/4.14.281 exec-env/CloudShell exe/x86_64', 'AWS console', undefined],
  ])('sees a person behind %s', (agent, tool, os) => {
    expect(personTool(agent)).toMatchObject(os === undefined ? { tool } : { tool, os });
  });

  it.each([
    ['aws-cli/1.18.147 Python/2.7.18 Linux/4.14.193-149.317.amzn2.x86_64 botocore/1.18.6'],
    ['[aws-cli/2.15.0 Python/3.11.6 Linux/6.1.0 exe/x86_64.ubuntu.22 prompt/off command/s3.cp]'],
    ['aws-cli/2.15.0 Python/3.11.6 Windows/2019Server exe/AMD64'],
    ['aws-sdk-java/1.11.848 Windows_Server_2019/10.0 OpenJDK_64-Bit_Server_VM/25.262'],
    ['aws-sdk-java/1.11.848 Linux/4.9.217 OpenJDK_64-Bit_Server_VM/25.262-b10 java/1.8.0_262 vendor/Oracle_Corporation'],
    ['ec2.amazonaws.com'], ['autoscaling.amazonaws.com'], ['AWS Internal'],
    ['python-requests/2.32.0'], ['Go-http-client/2.0'], ['node-fetch'], ['okhttp/4.12.0'],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/126.0 Safari/537.36'],
    ['Mozilla/5.0'], ['[]'], [''],
  ])('sees a machine behind %s', (agent) => {
    expect(personTool(agent)).toBeNull();
  });

  it('takes curl and its like for weaker evidence than a desktop program', () => {
    expect(personTool('curl/8.6.0')?.scriptable).toBe(true);
    expect(personTool('PostmanRuntime/7.39.0')?.scriptable).toBe(false);
  });

  it('judges any text', () => {
    fc.assert(fc.property(fc.string(), (agent) => { personTool(agent); }));
  });
});
