import { describe, expect, it } from 'vitest';
import { stageJsonSchema } from './stage-json-schema.js';
import { STAGES } from './stages.js';

describe('the JSON schema of a stage type', () => {
  it.each(STAGES.map((definition) => [definition.type, definition] as const))(
    '%s has one, with its own and the common fields',
    (type, definition) => {
      const schema = stageJsonSchema(definition) as { properties: Record<string, { enum?: string[] }> };
      expect(schema.properties['type']?.enum).toContain(type);
      expect(schema.properties).toHaveProperty('stageTimeoutMs');
    },
  );

  it('says what a webhook needs', () => {
    const webhook = STAGES.find(({ type }) => type === 'webhook')!;
    expect(stageJsonSchema(webhook)).toMatchObject({
      title: 'Webhook',
      properties: { url: {}, method: {}, statusUrlResolution: {} },
    });
  });
});
