/** Whether a key press asks to close what is behind everything else: nothing in front of it wants the Escape for itself. */
export function asksToClose(event: KeyboardEvent): boolean {
  if (event.key !== "Escape" || event.defaultPrevented) return false;
  // The browser closes dialogs and menus after it told of the key.
  if (document.querySelector("dialog[open], :popover-open")) return false;
  const at = event.target;
  return !(at instanceof HTMLInputElement && at.type === "search" && at.value !== "");
}
