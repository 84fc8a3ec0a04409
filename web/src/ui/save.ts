/** Browsers begin to read a little after the click. */
const READ_BY_THEN = 60_000;

/** Gives a file to whoever sits at the browser. */
export function save(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), READ_BY_THEN);
}
