/**
 * The one launch that is on its way to the Agent. It belongs to no page: whoever looks at something else meanwhile does not end an
 * upload by that.
 */

import { Refusal } from "../../api/refusal";
import type { Container, Created } from "../../api/types";
import { createContainer, type Progress } from "../../api/upload";
import { t } from "../../i18n";
import { begunHere, relaunch, type Changes } from "../../state/launching";
import { notices } from "../../state/notices.svelte";
import { href, route } from "../../state/route.svelte";
import type { Archive } from "./given";
import { bodyOf, formOf, type Fields } from "./settings";

/** What is launched: an archive, or other settings for what is here. */
export interface Draft {
  archive?: Archive;
  changed?: Container;
  fields: Fields;
}

class Sending {
  /** What is under way. */
  draft = $state.raw<Draft | undefined>();
  /** How much of the archive has gone; none where nothing is uploaded. */
  progress = $state.raw<Progress | undefined>();
  /** Why the last one was not taken. */
  refusal = $state.raw<Refusal | undefined>();
  private aborted = new AbortController();

  async begin(draft: Draft): Promise<void> {
    this.draft = draft;
    this.refusal = undefined;
    this.progress = draft.archive && { sent: 0, total: draft.archive.blob.size };
    this.aborted = new AbortController();
    window.addEventListener("beforeunload", askFirst);
    try {
      arrived(await this.send(draft));
    } catch (error) {
      const why = await this.reason(error, draft);
      if (why && isSeen()) this.refusal = why;
      else if (why) notices.refused(why);
    } finally {
      window.removeEventListener("beforeunload", askFirst);
      this.draft = undefined;
      this.progress = undefined;
    }
  }

  cancel(): void {
    this.aborted.abort();
  }

  private send({ archive, changed, fields }: Draft): Promise<Created> {
    const { signal } = this.aborted;
    if (archive) return createContainer(formOf(fields, archive), (it) => (this.progress = it), signal);
    if (!changed) throw new Error("a draft has an archive, or a container to change");
    // What a form was emptied of is wanted empty.
    const changes = { params: {}, envs: {}, labels: [], ...bodyOf(fields, changed.limits) } as Changes;
    return relaunch(changed, changes, signal);
  }

  /** None when somebody here wanted it so. */
  private async reason(error: unknown, { archive }: Draft): Promise<Refusal | undefined> {
    if (this.aborted.signal.aborted) return undefined;
    const why = Refusal.unheard(error);
    // Browsers send no file that was written to since it was chosen, and say so only when it is read.
    const isChanged = why.code === "unreachable" && archive && !(await isReadable(archive.blob));
    return isChanged ? new Refusal(0, "file_changed", t().launch.file_changed(archive.name)) : why;
  }
}

const isSeen = () => route.place.page === "launch" && route.place.subject === undefined;
const askFirst = (event: BeforeUnloadEvent) => event.preventDefault();

function arrived(created: Created): void {
  if (!isSeen()) return notices.done(t().launch.begun(created.plugin_release));
  begunHere.add(created.build_id);
  route.replace(href("launch", created.build_id));
}

async function isReadable(blob: Blob): Promise<boolean> {
  try {
    await blob.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

export const sending = new Sending();
