import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { z } from 'zod';

interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  description?: string;
}

/** Documents each field of a query schema as a query parameter: the document builder sees only the object as a whole. */
export function ApiQueryOf(schema: z.ZodType): MethodDecorator {
  const whole = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const query = whole.$ref === undefined ? whole : whole.$defs?.[nameOf(whole.$ref)];
  return applyDecorators(...Object.entries(query?.properties ?? {}).map(([name, { description, ...rest }]) => ApiQuery({
    name, required: query?.required?.includes(name) ?? false,
    schema: (rest.$ref === undefined ? rest : { $ref: `#/components/schemas/${nameOf(rest.$ref)}` }) as object, ...(description && { description }),
  })));
}

const nameOf = (ref: string) => ref.slice(ref.lastIndexOf('/') + 1);
