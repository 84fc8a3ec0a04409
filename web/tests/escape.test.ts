import { afterEach, describe, expect, it } from "vitest";
import { asksToClose } from "../src/ui/escape";

afterEach(() => document.body.replaceChildren());

function pressed(key: string, at: Element = document.body): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  document.body.append(at);
  at.dispatchEvent(event);
  return event;
}

describe("Escape", () => {
  it("closes, and no other key does", () => {
    expect(asksToClose(pressed("Escape", document.createElement("p")))).toBe(true);
    expect(asksToClose(pressed("Enter", document.createElement("p")))).toBe(false);
  });

  it("is the dialog's while one is open", () => {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("open", "");
    document.body.append(dialog);
    expect(asksToClose(pressed("Escape", document.createElement("p")))).toBe(false);
  });

  it("is the search's while there is something in it", () => {
    const search = Object.assign(document.createElement("input"), { type: "search", value: "x" });
    expect(asksToClose(pressed("Escape", search))).toBe(false);
    search.value = "";
    expect(asksToClose(pressed("Escape", search))).toBe(true);
  });

  it("was somebody else's when they took it", () => {
    const event = pressed("Escape", document.createElement("p"));
    event.preventDefault();
    expect(asksToClose(event)).toBe(false);
  });
});
