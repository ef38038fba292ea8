/** A website as browsers name it: scheme and host, no path. http is for trying things at home. */
export function isOrigin(text: string): boolean {
  try {
    const url = new URL(text)
    return (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === text.toLowerCase()
  } catch {
    return false
  }
}
export function lines(text: string): string[] {
  return text.split('\n').map((l) => l.trim().replace(/\/$/, '')).filter(Boolean)
}
/** The first line that is no website address; '' if all are. */
export function badOrigin(text: string): string {
  return lines(text).find((l) => !isOrigin(l)) ?? ''
}
