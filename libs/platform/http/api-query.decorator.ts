import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { z } from 'zod';

/** Documents each field of a query schema as a query parameter: the document builder sees only the object as a whole. */
export function ApiQueryOf(schema: z.ZodObject): MethodDecorator {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return applyDecorators(...Object.entries(json.properties ?? {}).map(([name, property]) => {
    const { description, ...rest } = property as Record<string, unknown> & { description?: string; id?: string };
    delete rest['id'];
    return ApiQuery({
      name, required: json.required?.includes(name) ?? false, schema: rest as object, ...(description && { description }),
    });
  }));
}
