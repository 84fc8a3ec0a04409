/** The same done to many containers. */

import { Refusal } from "../api/refusal";
import type { Container } from "../api/types";

/** Browsers allow six connections to one host. One is the stream of events, and one is left for whoever does something else. */
const AT_ONCE = 4;

export interface Undone {
  container: Container;
  /** Why it was refused; none when it was taken and the container failed. */
  why?: Refusal;
}

export interface Outcome {
  done: number;
  undone: Undone[];
}

/** Does it to a few at a time. What was taken and led to a failure is not done: the answer says how the container is. */
export async function toAll(
  targets: readonly Container[],
  action: (it: Container) => Promise<Partial<Container> | undefined>,
): Promise<Outcome> {
  const waiting = [...targets];
  const outcome: Outcome = { done: 0, undone: [] };
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const container = next;
      try {
        const answer = await action(container);
        if (answer?.status === "failed") outcome.undone.push({ container });
        else outcome.done += 1;
      } catch (error) {
        outcome.undone.push({ container, why: Refusal.unheard(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return outcome;
}
