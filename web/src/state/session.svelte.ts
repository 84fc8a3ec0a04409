/** Who is here: whether somebody is logged in, and how they come in and go. */

import { api, unwrap } from "../api/client";
import { forgetKey, keepKey, keyHeaders, keyIn, onKeyChange } from "../api/key";

export type Presence = "asking" | "out" | "in" | "unreachable";

class Session {
  presence = $state<Presence>("asking");
  /** Whether this Agent asks anybody at all. */
  isLoginRequired = $state(true);
  /** The newest question: an answer to an older one says nothing of now. */
  private turn = 0;

  constructor() {
    onKeyChange(() => void this.ask());
  }

  /** Looks whether the session that is kept here still holds. */
  async ask(): Promise<void> {
    const turn = ++this.turn;
    try {
      const { data, response } = await api.GET("/session");
      if (turn !== this.turn) return;
      if (response.ok) {
        this.isLoginRequired = data?.login_required ?? true;
        this.presence = "in";
      } else this.presence = "out";
    } catch {
      if (turn === this.turn) this.presence = "unreachable";
    }
  }

  /** Comes in by a token, or by the code of a link that works once. */
  async enter(by: { token: string } | { code: string }): Promise<void> {
    const { key } = await unwrap(api.POST("/session", { body: by }));
    keepKey(key);
    await this.ask();
  }

  async leave(): Promise<void> {
    const key = keyIn(keyHeaders());
    await unwrap(api.DELETE("/session")).catch(() => undefined);
    forgetKey(key);
  }
}

export const session = new Session();
