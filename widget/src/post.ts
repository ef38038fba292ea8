// Requests: JSON as text/plain, which needs no preflight from another origin.
import { Failed } from './house';

export async function post<T>(url: string, body: object): Promise<T> {
    const answer = await fetch(url, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'text/plain;charset=UTF-8' },
        credentials: 'omit',
        keepalive: true, // goes on when the page is left
    });
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) return said;
    throw new Failed(answer.status, said.message || '', said.retry_after || Number(answer.headers.get('Retry-After')) || 0, said.field || '');
}

/** Would asking again later help? */
export function passing(e: unknown): boolean {
    return !(e instanceof Failed) || e.status >= 500 || e.status === 429 || e.status === 408;
}

export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
