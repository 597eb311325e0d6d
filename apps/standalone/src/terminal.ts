import { createInterface } from 'node:readline/promises';

/** Asks a yes/no question at the terminal; undefined where there is nobody to ask. */
export function terminalQuestion(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  signal: AbortSignal,
): ((question: string) => Promise<boolean>) | undefined {
  if (!input.isTTY || !output.isTTY) return undefined;
  return async (question) => {
    const prompt = createInterface({ input, output });
    try {
      const answer = await prompt.question(question, { signal });
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      prompt.close();
    }
  };
}
