/** An answer that is JSON already: for lists whose parts are kept as text, so that a poll does not write them anew. */
export class JsonText {
  constructor(readonly text: string) {}

  /** A JSON list of texts that are JSON. */
  static list(parts: readonly string[]): JsonText {
    return new JsonText(`[${parts.join(',')}]`);
  }
}
