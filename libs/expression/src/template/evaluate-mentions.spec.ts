import { describe, expect, it } from 'vitest';
import { evaluateMentions } from './evaluate-mentions.js';

const context = { templateVariables: { names: ['a', 'b'], count: 3, map: { k: 'v', deep: { x: 1 } } } };
const evaluate = (tree: unknown, known: object = context) =>
  evaluateMentions(tree, 'templateVariables', known as typeof context, {
    now: 0,
    random: () => 0,
    uuid: () => '',
    allowUnknownKeys: false,
  });

describe('evaluateMentions', () => {
  it.each([
    ['${ templateVariables.names[0] }', 'a'],
    ['${templateVariables.count > 2 ? 5 : 1}', 5],
    ['${templateVariables.map}', context.templateVariables.map],
    ["x-${templateVariables.map['k']}-${ templateVariables.count + 1 }", 'x-v-4'],
    ["${ {a: '}'}.a } ${templateVariables.map.k}", "${{a: '}'}.a} v"],
  ])('evaluates %s', (text, value) => {
    expect(evaluate(text)).toEqual(value);
  });

  it('leaves what mentions something else, or needs more, as it is written', () => {
    expect(evaluate('${trigger.tag} ${templateVariables.count} ${templateVariables.map[trigger.tag]}')).toBe(
      '${trigger.tag} 3 ${templateVariables.map[trigger.tag]}',
    );
    for (const text of [
      '${trigger.tag}',
      '${templateVariables.nope}',
      '${templateVariables.',
      'templateVariables',
    ])
      expect(evaluate(text)).toBe(text);
  });

  it('uses whatever else is there', () => {
    const known = { ...context, trigger: { tag: 'k' } };
    expect(evaluate('${templateVariables.map[trigger.tag]}', known)).toBe('v');
  });

  it('goes through lists, maps and their keys', () => {
    expect(
      evaluate([{ 'n-${templateVariables.names[1]}': ['${templateVariables.count}', 1, null] }]),
    ).toEqual([{ 'n-b': [3, 1, null] }]);
  });
});
