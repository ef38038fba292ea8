// What the visitor wrote and the server has not confirmed. Every message is an entry of its own in
// the store, so that tabs add and remove without overwriting each other. Pure but for the store.
import type { Store } from '../store';

export interface Letter {
    key: string;
    text: string;
    at: number; // when written, ms
    order: number; // among letters of the same millisecond
    problem?: string; // refused for good, in words; stays until the visitor decides
}

const START = 'out:';
const STALE_MS = 12 * 3_600_000; // a question of yesterday is not sent behind the visitor's back

export class Outbox {
    private order = 0;

    constructor(private store: Store) {}

    add(key: string, text: string, at: number): Letter {
        const letter = { key, text, at, order: this.order++ };
        this.put(letter);
        return letter;
    }

    put(letter: Letter): void {
        this.store.set(START + letter.key, JSON.stringify(letter));
    }

    drop(key: string): void {
        this.store.drop(START + key);
    }

    has(key: string): boolean {
        return this.store.get(START + key) !== '';
    }

    /** All, as they were written. What cannot be read is dropped. */
    all(): Letter[] {
        const letters: Letter[] = [];
        for (const name of this.store.keys(START)) {
            try {
                const letter = JSON.parse(this.store.get(name));
                if (letter.key === name.slice(START.length) && typeof letter.text === 'string') letters.push(letter);
            } catch (e) {
                this.store.drop(name);
            }
        }
        return letters.sort((a, b) => a.at - b.at || a.order - b.order || (a.key < b.key ? -1 : 1));
    }

    /** The one to send now: the oldest that is neither refused nor stale. */
    next(now: number): Letter | null {
        return this.all().filter((l) => !l.problem && !stale(l, now))[0] || null;
    }
}

export function stale(letter: Letter, now: number): boolean {
    return now - letter.at > STALE_MS;
}
