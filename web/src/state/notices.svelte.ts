/** Short messages: what was done, and why something was not. */

import { Refusal } from "../api/refusal";
import { t } from "../i18n";

export interface Notice {
  id: number;
  tone: "done" | "refused";
  text: string;
  hint?: string;
}

const SHOWN_FOR = 6_000;

class Notices {
  list = $state<Notice[]>([]);
  private next = 1;

  done(text: string): void {
    this.add({ tone: "done", text });
  }

  /** Says why something was not done. It stays until somebody closes it. */
  refused(error: unknown): void {
    const refusal = Refusal.unheard(error);
    this.add({ tone: "refused", text: t().refusals[refusal.code] ?? refusal.detail, hint: refusal.hint });
  }

  close(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  private add(notice: Omit<Notice, "id">): void {
    const id = this.next++;
    this.list = [...this.list.slice(-3), { ...notice, id }];
    if (notice.tone === "done") setTimeout(() => this.close(id), SHOWN_FOR);
  }
}

export const notices = new Notices();
