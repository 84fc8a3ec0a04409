/** What can be done to a container, wherever its menu is. */

import type { Container } from "../api/types";
import { t } from "../i18n";
import { restart, stop, tried } from "../state/actions";
import { begin } from "../state/launching";
import { href, route } from "../state/route.svelte";
import type { Item } from "./Menu.svelte";
import { canRestart, canStart, canStop } from "./status";

export function menuOf(container: Container, onremove: () => void): Item[] {
  return [
    { label: t().actions.restart, disabled: !canRestart(container), act: () => void tried(restart(container)) },
    ...(canStart(container) ? [{ label: t().actions.start, act: () => void begin(container) }] : []),
    ...(canStop(container) ? [{ label: t().actions.stop, act: () => void tried(stop(container)) }] : []),
    { label: t().actions.edit, act: () => route.go(href("launch", undefined, { from: String(container.pk) })) },
    { label: t().actions.details, act: () => route.go(href("containers", container.pk)) },
    { label: t().actions.remove, tone: "danger", act: onremove },
  ];
}
