import { IntakeQuery, RequestLogFormat, type IntakeParameters } from '@keytrail/contracts';
import { badRequest } from '@keytrail/platform';

/** How a batch is to be read: what the query says, else the headers. Throws 400 for a header that says nothing valid. */
export function intakeQueryOf(query: IntakeParameters, headers: { format?: string | undefined; workspace?: string | undefined }): IntakeQuery {
  const format = RequestLogFormat.default('native').safeParse(query.format ?? headers.format);
  if (!format.success) throw badRequest('invalid_format', `Keytrail-Format must be one of ${RequestLogFormat.options.join(', ')}.`);
  const workspace = IntakeQuery.shape.workspace.safeParse(query.workspace ?? headers.workspace);
  if (!workspace.success) throw badRequest('invalid_workspace', 'Keytrail-Workspace must be the id of a workspace.');
  return { format: format.data, workspace: workspace.data };
}
