import { z } from 'zod';
import { Severity } from './incident.js';
import { identifier, page, pageQuery, text, timestamp } from './text.js';

export const CreateCustomRule = z.strictObject({
  workspace: identifier(64).optional().describe('Absent = of every workspace'), source: text(65_536).describe('A Sigma rule as YAML, or several with `---` between them'),
}).meta({ id: 'CreateCustomRule' });
export type CreateCustomRule = z.infer<typeof CreateCustomRule>;

export const CustomRuleFile = z.object({
  custom_rule_id: z.string(), workspace_id: z.string().nullable().describe('null: of every workspace'), source: z.string(),
  rules: z.array(z.object({ rule_id: z.string().describe('Of its findings'), title: z.string(), severity: Severity })), created_at: timestamp, created_by: z.string(),
}).meta({ id: 'CustomRuleFile' });
export type CustomRuleFile = z.infer<typeof CustomRuleFile>;
export const CustomRulePage = page(CustomRuleFile).meta({ id: 'CustomRulePage' });
export type CustomRulePage = z.infer<typeof CustomRulePage>;
export const CustomRuleQuery = z.strictObject({ workspace: identifier(64).optional(), ...pageQuery }).meta({ id: 'CustomRuleQuery' });
export type CustomRuleQuery = z.infer<typeof CustomRuleQuery>;
