/** Short messages: what was done, and why something was not. */

import { Refusal } from "../api/refusal";
import { t } from "../i18n";
import { said } from "../ui/refused";
import type { Outcome } from "./many";

export interface Notice {
  id: number;
  tone: "done" | "refused";
  text: string;
  hint?: string;
  /** The API's own words beside ours. */
  original?: string;
  /** Which request was refused, as the Agent's log calls it. */
  requestId?: string;
}

const SHOWN_FOR = 6_000;
const MOST = 5;

class Notices {
  list = $state<Notice[]>([]);
  private next = 1;

  done(text: string): void {
    this.add({ tone: "done", text });
  }

  /** Says why something was not done. It stays until somebody closes it. */
  refused(error: unknown): void {
    const refusal = Refusal.unheard(error);
    const { detail, hint, original } = said(refusal);
    this.add({ tone: "refused", text: detail, hint, original, requestId: refusal.requestId });
  }

  /** The same in words of one's own. */
  undone(text: string): void {
    this.add({ tone: "refused", text });
  }

  /** What became of the same thing done to many: one message for those it was done to, one for the others. */
  many({ done, undone }: Outcome, sentence: (count: number) => string): void {
    if (done > 0) this.done(sentence(done));
    if (undone.length === 0) return;
    const names = undone.map(({ container }) => container.name).join(", ");
    const why = undone.find(({ why }) => why)?.why;
    const because = why && said(why);
    const text = t().containers.undone(undone.length, names);
    this.add({ tone: "refused", text, hint: because?.detail, original: because?.original, requestId: why?.requestId });
  }

  close(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  private add(notice: Omit<Notice, "id">): void {
    const id = this.next++;
    // What went well may go early; what did not stays, and the oldest of many goes.
    const done = this.list.filter(({ tone }) => tone === "done");
    const kept = this.list.length < MOST ? this.list : this.list.filter((it) => it !== (done[0] ?? this.list[0]));
    this.list = [...kept, { ...notice, id }];
    if (notice.tone === "done") setTimeout(() => this.close(id), SHOWN_FOR);
  }
}

export const notices = new Notices();
