import { Body, Controller, Headers, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { GithubLeakAnswer, GithubLeakReport, Problem } from '@keytrail/contracts';
import { PublicRoute } from '@keytrail/platform';
import { GithubLeaks } from './github-leaks.service.js';

@ApiTags('leaks')
@Controller('v1/leaks')
export class GithubLeaksController {
  constructor(private readonly leaks: GithubLeaks) {}

  @Post('github')
  @HttpCode(200)
  @PublicRoute()
  @ApiOperation({
    summary: 'Take a report of GitHub\'s secret scanning, by its partner protocol. Its signature stands for a token',
    description: 'The same report again changes nothing and is answered alike.',
  })
  @ApiBody({ standardSchema: GithubLeakReport } as never)
  @ApiHeader({ name: 'Github-Public-Key-Identifier', required: true, description: 'Which of GitHub\'s keys signed it' })
  @ApiHeader({ name: 'Github-Public-Key-Signature', required: true, description: 'ECDSA P-256 over the SHA-256 of the raw body, DER in base64' })
  @ApiResponse({ status: 200, standardSchema: GithubLeakAnswer })
  @ApiResponse({ status: 403, description: 'The signature is not GitHub\'s', standardSchema: Problem })
  @ApiResponse({ status: 404, description: 'Reports of GitHub are not taken here', standardSchema: Problem })
  @ApiResponse({ status: 429, description: 'Too many bad signatures came from this address', standardSchema: Problem })
  @ApiResponse({ status: 503, description: 'GitHub\'s keys cannot be had at the moment; send it again', standardSchema: Problem })
  take(
    @Req() { ip, id, headers }: FastifyRequest, @Body() body: unknown,
    @Headers('github-public-key-identifier') identifier: string | undefined, @Headers('github-public-key-signature') signature: string | undefined,
  ): Promise<GithubLeakAnswer> {
    return this.leaks.take({ address: ip, request_id: String(id), body, encoding: headers['content-encoding'], identifier, signature });
  }
}
