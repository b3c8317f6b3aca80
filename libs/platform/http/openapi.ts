import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { PROBLEM_TYPE } from './problem.js';

export interface OpenApiOptions {
  title: string;
  version: string;
}

interface Response {
  description: string;
  content?: Record<string, unknown>;
}

interface Operation {
  parameters?: { name?: string }[];
  responses: Record<string, Response>;
}

/** Serves the description of the API, made from its zod schemas: `/openapi.json`, and `/docs` to browse it. */
export function serveOpenApi(app: NestFastifyApplication, options: OpenApiOptions): void {
  SwaggerModule.setup('docs', app, openApiDocument(app, options), {
    raw: ['json'], jsonDocumentUrl: 'openapi.json', customSiteTitle: options.title,
  });
}

function openApiDocument(app: NestFastifyApplication, { title, version }: OpenApiOptions): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, new DocumentBuilder()
    .setOpenAPIVersion('3.1.0').setTitle(title).setVersion(version).addBearerAuth().build());
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path)) completeOperation(operation as Operation);
  }
  return document;
}

/** Puts right what the builder gets wrong: it adds a nameless parameter for a query as a whole, and knows no problem+json. */
function completeOperation(operation: Operation): void {
  operation.parameters = (operation.parameters ?? []).filter(({ name }) => name !== undefined);
  for (const [status, response] of Object.entries(operation.responses)) {
    if (Number(status) < 400 || response.content === undefined) continue;
    response.content = Object.fromEntries(Object.values(response.content).map((content) => [PROBLEM_TYPE, content]));
  }
  operation.responses['default'] = {
    description: 'Any other refusal or failure', content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}
