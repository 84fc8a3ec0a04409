/** A release, `code@version`, in its two parts. */
export function partsOf(release: string): { code: string; version: string } {
  const [code = "", version = ""] = release.split("@");
  return { code, version };
}
