/** Where the web UI is. */
export class DeckAddress {
  readonly url: URL;

  constructor(baseUrl: string) {
    this.url = new URL(baseUrl);
  }
}
