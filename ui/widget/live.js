// One stream of what happens in the conversation, for all tabs of a browser.

import { patience, pause } from "./api.js";
import { readEvents } from "./sse.js";

const STEADY_MS = 10_000; // a stream that held as long was no failure

export class Live {
  #given;
  #control = null;

  /** `cursor()` is the last entry known; `take(event)` gets every event as it comes. */
  constructor(given) {
    this.#given = given;
  }

  /** Follow the conversation from now on, or no longer. */
  want(wanted) {
    if (wanted && !this.#control) {
      this.#control = new AbortController();
      const { signal } = this.#control;
      // The other tabs wait here, and hear from the one that follows.
      const following = this.#given.store.alone("live", () => this.#follow(signal), signal);
      Promise.resolve(following).catch(() => {});
    } else if (!wanted) {
      this.#control?.abort();
      this.#control = null;
    }
  }

  async #follow(signal) {
    const { api, cursor, take } = this.#given;
    for (let tries = 0; !signal.aborted; tries += 1) {
      const begun = Date.now();
      let wait;
      try {
        const path = `widget/events?after=${cursor()}`;
        const response = await api.call(path, { events: true, signal });
        for await (const event of readEvents(response)) take(event);
      } catch (error) {
        wait = patience(error, tries) ?? patience(null, tries);
      }
      if (Date.now() - begun > STEADY_MS) tries = 0;
      await pause(wait ?? patience(null, tries), signal);
    }
  }
}
