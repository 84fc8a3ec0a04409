/** Who is here: whether somebody is logged in, and how they come in and go. */

import { api, unwrap } from "../api/client";
import { forgetKey, keepKey, keyHeaders, keyIn, onKeyChange } from "../api/key";

export type Presence = "asking" | "out" | "in" | "unreachable";

class Session {
  presence = $state<Presence>("asking");
  /** Whether this Agent asks anybody at all. */
  isLoginRequired = $state(true);

  constructor() {
    onKeyChange(() => void this.ask());
  }

  /** Looks whether the session that is kept here still holds. */
  async ask(): Promise<void> {
    try {
      const { data, response } = await api.GET("/session");
      if (response.ok) {
        this.isLoginRequired = data?.login_required ?? true;
        this.presence = "in";
      } else this.presence = "out";
    } catch {
      this.presence = "unreachable";
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
